"""Answers that are too long to be made at once, sent part by part.

What belongs here: the pace. What the parts are is the route's.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

from serving.http.workers import BusyError, Workers

__all__ = ["FileParts", "in_turn"]

_BUSY_SECONDS = 0.05
"""Wait before a part is asked for again."""
_PART_BYTES = 262_144


async def in_turn(parts: Iterator[bytes], workers: Workers) -> AsyncIterator[bytes]:
    """Each part is made in a thread when the client is ready for it and, as 200 has been said, a thread is free."""
    while True:
        try:
            part = await workers.run("score", next, parts, None)
        except BusyError:
            await asyncio.sleep(_BUSY_SECONDS)
            continue
        if part is None:
            return
        yield part


class FileParts(Iterator[bytes]):
    """A file from its beginning; closed at its end, and where nobody reads on, or ever began to."""

    def __init__(self, path: Path) -> None:
        """Open the file, which may be deleted from then on."""
        # A descriptor: of a file object and what holds it, the collector may end the former first, with a warning.
        self._descriptor: int | None = os.open(path, os.O_RDONLY)

    def __next__(self) -> bytes:
        if self._descriptor is None:
            raise StopIteration
        part = os.read(self._descriptor, _PART_BYTES)
        if not part:
            self._close()
            raise StopIteration
        return part

    def __del__(self) -> None:
        self._close()

    def _close(self) -> None:
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            os.close(descriptor)
