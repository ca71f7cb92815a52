"""A second release beside the one that answers, for people who compare: loaded when asked for, gone some time later.

What belongs here: one at a time, and for how long. Following the champion is `serving.release.reload`. It is loaded by
the thread that loads releases, from a copy that is removed at once: what is mapped stays until it is let go.
"""

import asyncio
import logging
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from serving.http.problems import ProblemError
from serving.http.workers import Workers
from serving.release.reload import in_words
from serving.release.snapshot import Snapshot

__all__ = ["SecondRelease"]

KEPT_SECONDS = 600.0
"""How long it stays in memory after it was last looked at."""
_log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Held:
    """What is loaded, is being loaded, or could not be."""

    version: str
    used_at: float
    """Monotonic seconds."""
    loading: asyncio.Task[None] | None = None
    snapshot: Snapshot | None = None
    failure: str | None = None


class SecondRelease:
    """Holds at most one; use from one event loop.

    Args:
        fetch: Copies a version to a folder and returns where its files are, such as `Registry.fetch`.
        scratch: Folder for copies, in which nothing else has the names that it draws.
        workers: Whose threads load.
        kept_seconds: See `KEPT_SECONDS`.
    """

    def __init__(
        self,
        fetch: Callable[[str, Path], Path],
        scratch: Path,
        workers: Workers,
        *,
        kept_seconds: float = KEPT_SECONDS,
    ) -> None:
        self._fetch, self._scratch, self._workers = fetch, scratch, workers
        self._kept_seconds = kept_seconds
        self._held: _Held | None = None
        self._timer: asyncio.TimerHandle | None = None

    def begin(self, version: str) -> bool:
        """Load a version, in place of the one that is held; what is held or being loaded already stays.

        Returns:
            Whether it was begun now.

        Raises:
            ProblemError: 409 while another one is being loaded.
        """
        held = self._held
        if held is not None and held.version == version and held.failure is None:
            return False
        if held is not None and held.loading is not None:
            detail = f"Version {held.version} is being loaded; choose another one when that is done."
            raise ProblemError(409, "loading", detail)
        if self._timer is not None:
            self._timer.cancel()
        fresh = self._held = _Held(version, time.monotonic())
        fresh.loading = asyncio.create_task(self._load(fresh), name=f"load version {version} beside")
        return True

    def find(self, version: str) -> Snapshot | None:
        """The version as it was loaded, if it is held; that counts as looking at it."""
        held = self._held
        if held is None or held.version != version or held.snapshot is None:
            return None
        held.used_at = time.monotonic()
        return held.snapshot

    def is_loading(self, version: str) -> bool:
        """Whether the version is on its way."""
        return self._held is not None and self._held.version == version and self._held.loading is not None

    def failure(self, version: str) -> str | None:
        """Why the version could not be loaded, if that was tried last."""
        return self._held.failure if self._held is not None and self._held.version == version else None

    async def close(self) -> None:
        """Let go of what is held, and wait for nothing."""
        held, self._held = self._held, None
        if self._timer is not None:
            self._timer.cancel()
        if held is not None and held.loading is not None:
            held.loading.cancel()
            with suppress(asyncio.CancelledError):
                await held.loading

    async def _load(self, held: _Held) -> None:
        try:
            held.snapshot = await self._workers.run("reload", self._loaded, held.version)
        except Exception as error:  # whatever a broken release does: the page says so
            _log.warning("version %s cannot be loaded beside: %s", held.version, error)
            held.failure = in_words(error)
        finally:
            held.loading = None
            held.used_at = time.monotonic()
        self._watch(self._kept_seconds)

    def _loaded(self, version: str) -> Snapshot:
        self._scratch.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=self._scratch, prefix="second-", ignore_cleanup_errors=True) as copy:
            return Snapshot.load(self._fetch(version, Path(copy) / "release"), version)

    def _watch(self, seconds: float) -> None:
        """Look after so many seconds whether nobody has looked at it for too long."""
        self._timer = asyncio.get_running_loop().call_later(seconds, self._let_go)

    def _let_go(self) -> None:
        if self._held is None:
            return
        left = self._held.used_at + self._kept_seconds - time.monotonic()
        if left > 0:
            self._watch(left)
        else:
            self._held = None
