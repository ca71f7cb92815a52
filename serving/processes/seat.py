"""What a supervisor hands to a worker, and the line between them.

What belongs here: descriptors and folders that they share, and how each learns of the other. What is done with them:
`serving.processes.supervisor` on the one side, ``serving.__main__`` on the other.
"""

import asyncio
import os
import signal
import socket
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import msgspec

from serving.watch.metrics import Shared

__all__ = ["BEAT_SECONDS", "DRAIN_SECONDS", "Lifeline", "Seat"]

DRAIN_SECONDS = 20.0
"""How long a worker that was told to stop may take to answer what it has begun."""
BEAT_SECONDS = 0.5
"""How often a worker says that its event loop turns."""
_FLAG = "--worker"


class Seat(msgspec.Struct, frozen=True):
    """One worker's place; passed on as arguments of its process, which inherits the descriptors."""

    place: int
    """0 … workers - 1."""
    lifeline: int
    """Descriptor of the worker's end of the line to its supervisor."""
    limits: int
    """Descriptor of `serving.http.shared_limits.allocate`."""
    metrics: Path
    """Folder of the figures of all workers."""
    copies: Path
    """Folder of the copies of releases that they link."""

    @property
    def shared(self) -> Shared:
        """Where this worker counts."""
        return Shared(self.metrics, self.place)

    @property
    def descriptors(self) -> tuple[int, ...]:
        """What the worker's process must inherit."""
        return self.lifeline, self.limits

    def arguments(self) -> list[str]:
        """Arguments of a process that takes this seat."""
        return [_FLAG, msgspec.json.encode(self, enc_hook=str).decode()]

    @classmethod
    def of(cls, arguments: Sequence[str]) -> "Seat | None":
        """The seat that ``arguments`` name; none for a process that is no worker."""
        if len(arguments) != 2 or arguments[0] != _FLAG:
            return None
        return msgspec.json.decode(arguments[1], type=cls, dec_hook=lambda of, text: of(text))


class Lifeline:
    """A worker's end of the line: it says that it listens and goes on, and learns that its supervisor is gone."""

    def __init__(self, descriptor: int) -> None:
        self._line = socket.socket(fileno=descriptor)

    async def beat(self) -> None:
        """Say that requests are accepted from now on, and then that this event loop turns, until cancelled."""
        while True:
            # Where the supervisor does not listen, as it was stopped, there is room for hours; then nothing is missed.
            with suppress(BlockingIOError, BrokenPipeError):
                self._line.send(b".", socket.MSG_DONTWAIT)
            await asyncio.sleep(BEAT_SECONDS)

    def watch(self) -> None:
        """Stop this process once the supervisor is gone, however it went: first as SIGTERM does, then for certain."""
        threading.Thread(target=self._wait, name="upshelf-lifeline", daemon=True).start()

    def _wait(self) -> None:
        self._line.recv(1)  # nothing is ever sent: it returns when the other end is closed
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(DRAIN_SECONDS)
        os._exit(1)
