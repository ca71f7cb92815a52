"""What the API counts about itself, in Prometheus' terms.

What belongs here: the metrics and their labels, of one process or of several. Labels are bounded: routes by their
template, never by their path.
"""

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import NamedTuple

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest, values
from prometheus_client.metrics_core import Metric
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead
from prometheus_client.registry import Collector

from serving.watch.fallbacks import Told, fell_back

__all__ = ["Metrics", "Shared", "forget"]

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)


class Shared(NamedTuple):
    """Where a process keeps its figures beside those of others."""

    folder: Path
    """Files that every process maps and all read: what one counted before it was killed stays."""
    place: int
    """Which of the processes this is; whoever takes the place of one that is gone counts on where it stopped."""


class Metrics:
    """The metrics of one application; each has a registry of its own, so that several can live in one process.

    Args:
        shared: Where figures of several processes meet, each process one application (default: this one's alone).
    """

    def __init__(self, shared: Shared | None = None) -> None:
        self._folder = None if shared is None else shared.folder
        if shared is not None:
            _share(shared)
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "upshelf_requests", "Requests answered", ("method", "route", "status"), registry=self.registry
        )
        self.seconds = Histogram(
            "upshelf_request_seconds", "Time to answer", ("route",), buckets=_SECONDS, registry=self.registry
        )
        self.answers = Counter(
            "upshelf_answers", "Lists answered, by the module that answered", ("list", "module"), registry=self.registry
        )
        self.fallbacks = Counter(
            "upshelf_fallbacks",
            "Lists whose first step had no answer, by the module that answered instead",
            ("list", "module"),
            registry=self.registry,
        )
        self.rewards = Counter(
            "upshelf_banner_rewards",
            "Rewards of banners taken: new, repeated, or of an impression that is not on record",
            ("outcome",),
            registry=self.registry,
        )
        self.reloads = Counter("upshelf_reloads", "Releases taken into use", registry=self.registry)
        self.reload_failures = Counter(
            "upshelf_reload_failures", "Attempts to take a release into use that failed", registry=self.registry
        )
        self._release = Gauge(
            "upshelf_release_info",
            "1 for the release that answers",
            ("version", "as_of"),
            registry=self.registry,
            multiprocess_mode="livemax",
        )
        self._processes = Gauge(
            "upshelf_release_processes",
            "Processes that answer from the release",
            ("version",),
            registry=self.registry,
            multiprocess_mode="livesum",
        )
        self._as_of = Gauge(
            "upshelf_release_as_of_seconds",
            "Beginning of the day that the release is as of, in seconds since 1970; of several processes the oldest",
            registry=self.registry,
            multiprocess_mode="livemin",
        )
        self._answering: tuple[str, str] | None = None

        # Looking a label up costs as much as counting.
        self.request = cache(self.requests.labels)
        self.time = cache(self.seconds.labels)
        self.answer = cache(self._answer)

    def _answer(self, name: str, module: str, fell_back: bool) -> tuple[Counter, ...]:
        """What counts that ``module`` answered the list ``name``, in place of its first step or not."""
        answered = self.answers.labels(name, module)
        return (answered, self.fallbacks.labels(name, module)) if fell_back else (answered,)

    def counters(self, name: str, told: Told) -> tuple[Counter, ...]:
        """What counts an answer of the list ``name`` each time that it is given; nothing counts what is no list."""
        if told.answered_by is None:
            return ()
        first = told.fallbacks_tried[0].module if told.fallbacks_tried else None
        return self.answer(name, told.answered_by, fell_back(told.answered_by, first))

    def answers_from(self, version: str, as_of: str) -> None:
        """Count a reload: this process answers from another release."""
        self.reloads.inc()
        if self._folder is None:
            self._release.clear()
            self._processes.clear()
        elif self._answering is not None:  # files cannot forget a label
            self._release.labels(*self._answering).set(0)
            self._processes.labels(self._answering[0]).set(0)
        self._release.labels(version, as_of).set(1)
        self._processes.labels(version).set(1)
        self._as_of.set(datetime.fromisoformat(as_of).replace(tzinfo=UTC).timestamp())
        self._answering = (version, as_of)

    def text(self) -> bytes:
        """All metrics in the text format, added up over the processes."""
        if self._folder is None:
            return generate_latest(self.registry)
        together = CollectorRegistry()
        together.register(_OfAll(self._folder))
        return generate_latest(together)


class _OfAll(Collector):
    """Figures of all processes that count in a folder, without releases from which none answers any more."""

    def __init__(self, folder: Path) -> None:
        self._files = MultiProcessCollector(None, path=str(folder))

    def collect(self) -> Iterator[Metric]:
        for metric in self._files.collect():
            if metric.type == "gauge":
                metric.samples = [sample for sample in metric.samples if sample.value]
            yield metric


def _share(shared: Shared) -> None:
    """Let figures of this process that are made from now on live in files."""
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(shared.folder)
    # A file a place instead of one a process id: those of a worker that dies often would fill the folder.
    values.ValueClass = values.MultiProcessValue(lambda: shared.place)


def forget(gone: Shared) -> None:
    """Take back what a process that is gone said of the present; what it counted stays."""
    mark_process_dead(gone.place, str(gone.folder))
