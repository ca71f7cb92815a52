"""Following the champion: when it changes, the new release is loaded beside the old one and takes its place at once.

What belongs here: polling, local copies, back-off after a failure. A release that does not load never replaces one
that does. Loading a large vector index holds Python's lock for its whole time (1.1 s at 500 000 products), so at that
size start a fresh process and move the traffic instead.
"""

import asyncio
import logging
import os
import shutil
import time
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from serving.metrics import Metrics
from serving.problems import ProblemError
from serving.snapshot import Snapshot
from serving.workers import Workers

__all__ = ["Follower", "ReleaseSource"]

_log = logging.getLogger(__name__)
MAX_BACK_OFF_SECONDS = 600.0
_in_use: set[str] = set()
"""Names of this process's own folders: a process id alone may be one that an earlier process had."""


class ReleaseSource(Protocol):
    """Where releases come from; `resources.registry.Registry` is one. Called from one thread at a time."""

    def champion_version(self) -> str | None:
        """Version to follow; none before the first promotion."""

    def fetch(self, version: str, into: Path) -> Path:
        """Copy a version to the folder ``into`` and return where its files are."""


@dataclass(frozen=True, slots=True)
class Failure:
    """Why following the champion does not work right now."""

    version: str | None
    reason: str
    attempts: int
    retry_at: float
    """Monotonic seconds before which the same version is not tried again."""


class Follower:
    """Holds the snapshot that answers, and replaces it when the champion changes."""

    def __init__(
        self, source: ReleaseSource, cache: Path, workers: Workers, metrics: Metrics, *, retry_seconds: float
    ) -> None:
        self._source = source
        self._cache = cache
        self._own = cache / f"{os.getpid()}-{uuid.uuid4().hex[:8]}"
        _in_use.add(self._own.name)
        self._workers = workers
        self._metrics = metrics
        self._retry_seconds = retry_seconds
        self._snapshot: Snapshot | None = None
        self._copies: list[Path] = []
        self.failure: Failure | None = None
        self.waiting_for = "the champion has not been looked up yet"

    @property
    def current(self) -> Snapshot | None:
        """The snapshot that answers, or none yet. Take it once for a request."""
        return self._snapshot

    def require(self) -> Snapshot:
        """The snapshot that answers.

        Raises:
            ProblemError: 503 while there is none.
        """
        snapshot = self._snapshot
        if snapshot is None:
            raise ProblemError(503, "no-release", f"No release to answer from: {self.reason}.", retry_after_seconds=5)
        return snapshot

    @property
    def reason(self) -> str:
        """Why there is no snapshot, or why the newest champion does not answer."""
        return self.failure.reason if self.failure is not None else self.waiting_for

    async def follow(self, poll_seconds: float) -> None:
        """Poll until cancelled."""
        await self._workers.run("reload", self._clear_leftovers)
        while True:
            await self.poll()
            await asyncio.sleep(poll_seconds)

    async def poll(self) -> None:
        """Look the champion up once, and take it into use if it changed. Failures are kept, never raised."""
        try:
            version = await self._workers.run("reload", self._source.champion_version)
        except Exception as error:  # the registry may fail in any way: the old release goes on answering
            # Its message may quote hosts and users, and readiness is open to everyone: the log alone has it.
            self._fail(None, f"the registry does not answer ({type(error).__name__})", told_in_log=str(error))
            return
        if version is None:
            self.failure = None
            self.waiting_for = "no release has been promoted yet"
            return
        if self._snapshot is not None and self._snapshot.registry_version == version:
            self.failure = None
            return
        failure = self.failure
        if failure is not None and failure.version == version and time.monotonic() < failure.retry_at:
            return
        try:
            snapshot, copy = await self._workers.run("reload", self._load, version)
        except Exception as error:  # whatever a broken release does: it is not taken into use
            self._fail(version, f"version {version} cannot be taken into use ({type(error).__name__}: {error})")
            return
        await self._replace(snapshot, copy)

    def _load(self, version: str) -> tuple[Snapshot, Path]:
        copy = self._own / f"{version}-{time.monotonic_ns()}"
        self._own.mkdir(parents=True, exist_ok=True)
        try:
            return Snapshot.load(self._source.fetch(version, copy), version), copy
        except BaseException:
            shutil.rmtree(copy, ignore_errors=True)
            raise

    async def _replace(self, snapshot: Snapshot, copy: Path) -> None:
        self._snapshot = snapshot  # the one switch: whoever asks from now on gets the new release
        self.failure = None
        self._copies.append(copy)
        self._metrics.reloads.inc()
        self._metrics.release.clear()
        self._metrics.release.labels(snapshot.version, snapshot.release.manifest.as_of).set(1)
        _log.info("release %s (version %s) answers", snapshot.version, snapshot.registry_version)
        # The previous copy stays: requests may still hold it, and a rollback is likely to come to it.
        stale, self._copies = self._copies[:-2], self._copies[-2:]
        for folder in stale:
            await self._workers.run("reload", shutil.rmtree, folder, ignore_errors=True)

    def _fail(self, version: str | None, reason: str, told_in_log: str = "") -> None:
        earlier = self.failure
        attempts = earlier.attempts + 1 if earlier is not None and earlier.version == version else 1
        wait = min(self._retry_seconds * 2 ** min(attempts - 1, 10), MAX_BACK_OFF_SECONDS)
        self.failure = Failure(version, reason, attempts, time.monotonic() + wait)
        self._metrics.reload_failures.inc()
        if attempts & (attempts - 1) == 0:  # the 1st, 2nd, 4th, 8th…: a registry that stays away does not fill the log
            _log.error("%s; attempt %d %s", reason, attempts, told_in_log)

    def _clear_leftovers(self) -> None:
        """Remove the copies of processes that are gone."""
        for folder in self._cache.glob("*-*"):
            pid = folder.name.partition("-")[0]
            if folder.name not in _in_use and pid.isdigit() and not _is_another(int(pid)):
                shutil.rmtree(folder, ignore_errors=True)

    def close(self) -> None:
        """Remove this process's copies."""
        shutil.rmtree(self._own, ignore_errors=True)
        _in_use.discard(self._own.name)


def _is_another(pid: int) -> bool:
    """Whether ``pid`` is a living process other than this one."""
    if pid == os.getpid():
        return False
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return True
