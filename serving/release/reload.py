"""Following the champion: when it changes, the new release is loaded beside the old one and takes its place at once.

What belongs here: polling, local copies, back-off after a failure. A release that does not load never replaces one
that does. Loading a vector index holds Python's lock for its whole time: for hundreds of thousands of products start a
fresh process and move the traffic instead (docs/decisions/0008).
"""

import asyncio
import logging
import os
import shutil
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from serving.http.problems import ProblemError
from serving.http.workers import Workers
from serving.release.snapshot import Snapshot
from serving.watch.metrics import Metrics

__all__ = ["Follower", "ReleaseSource", "clear_leftovers", "in_words"]

_log = logging.getLogger(__name__)
MAX_BACK_OFF_SECONDS = 600.0
LINGER_SECONDS = 60.0
"""How long the copy of the release before stays, for requests that began with it."""
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
        self,
        source: ReleaseSource,
        cache: Path,
        workers: Workers,
        metrics: Metrics,
        *,
        retry_seconds: float,
        over: Callable[[Snapshot], Snapshot] = lambda loaded: loaded,
    ) -> None:
        """``over`` puts over a release that was loaded, in a thread, what the shop has told since then."""
        self._over = over
        self._source = source
        self._cache = cache
        self._own = cache / f"{os.getpid()}-{uuid.uuid4().hex[:8]}"
        _in_use.add(self._own.name)
        self._workers = workers
        self._metrics = metrics
        self._retry_seconds = retry_seconds
        self._snapshot: Snapshot | None = None
        self._loaded: Snapshot | None = None
        self._copies: list[Path] = []
        self._replaced_at = 0.0
        self._is_promoted = True
        self.failure: Failure | None = None
        self.waiting_for = "the champion has not been looked up yet"

    @property
    def current(self) -> Snapshot | None:
        """The snapshot that answers, or none yet. Take it once for a request."""
        return self._snapshot

    @property
    def loaded(self) -> Snapshot | None:
        """The release that answers as it was loaded, without what was put over it."""
        return self._loaded

    @property
    def own(self) -> Path:
        """Folder of this process's copies, which goes with it."""
        return self._own

    def show(self, loaded: Snapshot, snapshot: Snapshot) -> None:
        """Answer from ``snapshot``, which is ``loaded`` with changes, unless another release was loaded meanwhile."""
        if loaded is self._loaded:
            self._snapshot = snapshot

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

    async def wait_for_release(self, most_seconds: float) -> None:
        """Wait until there is a snapshot or nothing to wait for, so many seconds at most; `follow` runs meanwhile."""
        until = time.monotonic() + most_seconds
        while self._snapshot is None and self._is_promoted and time.monotonic() < until:
            await asyncio.sleep(0.05)

    async def follow(self, poll_seconds: float) -> None:
        """Poll until cancelled."""
        await self._workers.run("reload", clear_leftovers, self._cache)
        while True:
            await self.poll()
            await asyncio.sleep(poll_seconds)

    async def poll(self) -> None:
        """Look the champion up once, and take it into use if it changed. Failures are kept, never raised."""
        try:
            version = await self._workers.run("reload", self._source.champion_version)
        except Exception as error:  # the registry may fail in any way: the old release goes on answering
            # Its message may quote hosts and users, and readiness is open to everyone: the log alone has it.
            self._fail(None, f"the registry does not answer ({type(error).__name__})", detail=str(error))
            return
        self._is_promoted = version is not None
        if version is None:
            self.failure = None
            self.waiting_for = "no release has been promoted yet"
            return
        if self._snapshot is not None and self._snapshot.registry_version == version:
            self.failure = None
            if time.monotonic() - self._replaced_at > LINGER_SECONDS:
                await self._keep_copies(1)
            return
        failure = self.failure
        if failure is not None and failure.version == version and time.monotonic() < failure.retry_at:
            return
        try:
            loaded, snapshot, copy = await self._workers.run("reload", self._load, version)
        except Exception as error:  # whatever a broken release does: it is not taken into use
            self._fail(version, f"version {version} cannot be taken into use ({in_words(error)})")
            return
        self._loaded = loaded
        await self._replace(snapshot, copy)

    def _load(self, version: str) -> tuple[Snapshot, Snapshot, Path]:
        """A version as it is and as it answers, and the folder of its copy."""
        copy = self._own / f"{version}-{time.monotonic_ns()}"
        self._own.mkdir(parents=True, exist_ok=True)
        try:
            loaded = Snapshot.load(self._source.fetch(version, copy), version)
            return loaded, self._over(loaded), copy
        except BaseException:
            shutil.rmtree(copy, ignore_errors=True)
            raise

    async def _replace(self, snapshot: Snapshot, copy: Path) -> None:
        self._snapshot = snapshot  # the one switch: whoever asks from now on gets the new release
        self.failure = None
        self._copies.append(copy)
        self._metrics.answers_from(snapshot.version, snapshot.release.manifest.as_of)
        _log.info("release %s (version %s) answers", snapshot.version, snapshot.registry_version)
        self._replaced_at = time.monotonic()
        await self._keep_copies(2)  # requests may still hold the previous one

    async def _keep_copies(self, number: int) -> None:
        stale, self._copies = self._copies[:-number], self._copies[-number:]
        for folder in stale:
            await self._workers.run("reload", shutil.rmtree, folder, ignore_errors=True)

    def _fail(self, version: str | None, reason: str, detail: str = "") -> None:
        earlier = self.failure
        attempts = earlier.attempts + 1 if earlier is not None and earlier.version == version else 1
        wait = min(self._retry_seconds * 2 ** min(attempts - 1, 10), MAX_BACK_OFF_SECONDS)
        self.failure = Failure(version, reason, attempts, time.monotonic() + wait)
        self._metrics.reload_failures.inc()
        if attempts & (attempts - 1) == 0:  # the 1st, 2nd, 4th, 8th…: a registry that stays away does not fill the log
            _log.error("%s; attempt %d %s", reason, attempts, detail)

    def close(self) -> None:
        """Remove this process's copies."""
        shutil.rmtree(self._own, ignore_errors=True)
        _in_use.discard(self._own.name)


def in_words(error: Exception) -> str:
    """What went wrong; of a copy that failed for many files, what the first one did, without its paths."""
    if isinstance(error, shutil.Error) and error.args and isinstance(error.args[0], list):
        failed = error.args[0]
        return f"{str(failed[0][-1]).partition(': ')[0]}; {len(failed)} files could not be copied"
    return f"{type(error).__name__}: {error}"


def clear_leftovers(cache: Path) -> None:
    """Remove the copies below ``cache`` of processes that are gone."""
    for folder in cache.glob("*-*"):
        pid = folder.name.partition("-")[0]
        if folder.name not in _in_use and pid.isdigit() and not _is_another(int(pid)):
            shutil.rmtree(folder, ignore_errors=True)


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
