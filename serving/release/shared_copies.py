"""One copy of a release on disk for several processes, so that the kernel holds its mapped files in memory once.

What belongs here: who fetches, and what the others do meanwhile. Loading and following are `serving.release.reload`.
"""

import fcntl
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from assets.models.arrays.files import link_file
from serving.release.reload import ReleaseSource

__all__ = ["SharedCopies"]

_KEPT = 1
"""Copies that stay; of older ones a process that still has them has links of its own."""


class SharedCopies:
    """A release source for several processes: the first to ask for a version fetches it, the others link its files.

    Args:
        source: Where releases come from.
        folder: Of all the processes alone, in the file system of their caches.
    """

    def __init__(self, source: ReleaseSource, folder: Path) -> None:
        self._source, self._folder = source, folder
        self._linked: dict[str, int] = {}
        """Version → inode of the copy that was linked; another process may have fetched a new one since."""

    def champion_version(self) -> str | None:
        """Version to follow; none before the first promotion."""
        return self._source.champion_version()

    def fetch(self, version: str, into: Path) -> Path:
        """Link the files of a version into the folder ``into``, and return where they are.

        Where a copy was linked here before it is fetched anew: its files may be what kept it from being loaded.
        """
        with self._alone():
            copy = self._folder / version
            if not copy.exists() or copy.stat().st_ino == self._linked.get(version):
                scratch = self._folder / f".{uuid.uuid4().hex}"
                fetched = self._source.fetch(version, scratch)
                shutil.rmtree(copy, ignore_errors=True)
                fetched.rename(copy)
                self._remove_all_but_newest()
            shutil.copytree(copy, into, copy_function=link_file)
            self._linked[version] = copy.stat().st_ino
        return into

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Hold the folder's lock, which the kernel releases when its holder is killed."""
        self._folder.mkdir(parents=True, exist_ok=True)
        with (self._folder / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            for left in self._folder.glob(".*/"):  # of a fetch that was killed or failed
                shutil.rmtree(left, ignore_errors=True)
            yield

    def _remove_all_but_newest(self) -> None:
        copies = [path for path in self._folder.iterdir() if not path.name.startswith(".")]
        for copy in sorted(copies, key=lambda path: path.stat().st_ctime)[:-_KEPT]:
            shutil.rmtree(copy, ignore_errors=True)
