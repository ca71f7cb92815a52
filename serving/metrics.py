"""What the API counts about itself, in Prometheus' terms.

What belongs here: the metrics and their labels. Labels are bounded: routes by their template, never by their path.
"""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

__all__ = ["Metrics"]

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)


class Metrics:
    """The metrics of one application; each has a registry of its own, so that several can live in one process."""

    def __init__(self) -> None:
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
        self.reloads = Counter("upshelf_reloads", "Releases taken into use", registry=self.registry)
        self.reload_failures = Counter(
            "upshelf_reload_failures", "Attempts to take a release into use that failed", registry=self.registry
        )
        self.release = Gauge(
            "upshelf_release_info", "1 for the release that answers", ("version", "as_of"), registry=self.registry
        )

    def text(self) -> bytes:
        """All metrics in the text format."""
        return generate_latest(self.registry)
