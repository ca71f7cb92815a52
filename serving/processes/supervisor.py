"""The process that keeps several workers on one port.

What belongs here: starting workers, replacing those that die or hang, stopping all. Nothing of what they answer.

Each worker listens with a socket of its own (SO_REUSEPORT), and the kernel spreads connections over them. From one
socket for all, the worker that wakes first would take most connections of a moment. A worker that died gets no more.
"""

import asyncio
import logging
import os
import shutil
import signal
import socket
import sys
import tempfile
import time
import uuid
from asyncio.subprocess import Process
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from serving.http.shared_limits import allocate
from serving.processes.seat import DRAIN_SECONDS, Seat
from serving.watch.metrics import forget

__all__ = ["Supervisor", "shared_parts"]

_log = logging.getLogger(__name__)
FIRST_WAIT_SECONDS, MAX_WAIT_SECONDS = 0.25, 30.0
"""Before a worker is replaced; doubles with each that lived for less than STEADY_SECONDS."""
STEADY_SECONDS = 60.0
_BEATS = 4_096
"""Bytes read from a worker's line at once."""
_MEMORY = Path("/dev/shm")  # noqa: S108  # a folder of our own is made in it, readable by us alone
_PREFIX = "upshelf-"


class Parts(NamedTuple):
    """What all workers share but the socket; see `Seat`."""

    limits: int
    metrics: Path
    copies: Path


@contextmanager
def shared_parts(cache: Path) -> Iterator[Parts]:
    """What workers share, removed at the end; what a killed supervisor left is removed by the next.

    Args:
        cache: Folder of local copies of releases.
    """
    # In memory where that can be had: on a full disk, writing to a mapped file kills the process.
    root = _MEMORY if os.access(_MEMORY, os.W_OK) else Path(tempfile.gettempdir())
    for left in root.glob(f"{_PREFIX}*-*"):
        pid = left.name.split("-")[1]
        if pid.isdigit() and not _lives(int(pid)):
            shutil.rmtree(left, ignore_errors=True)
    metrics = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{os.getpid()}-", dir=root))
    # Named as the copies of a process are, so that whoever clears those clears this.
    copies, limits = cache / f"{os.getpid()}-{uuid.uuid4().hex[:8]}", allocate()
    try:
        yield Parts(limits, metrics, copies)
    finally:
        os.close(limits)
        shutil.rmtree(metrics, ignore_errors=True)
        shutil.rmtree(copies, ignore_errors=True)


class Supervisor:
    """Keeps ``count`` workers alive until told to stop; use once, from the main thread.

    Args:
        count: Workers.
        parts: What the workers share.
        command: The program that takes a seat, to which the seat's arguments are added.
        hung_seconds: A worker that has begun to listen and whose event loop then stands still for so long is killed.
    """

    def __init__(self, count: int, parts: Parts, command: Sequence[str], hung_seconds: float) -> None:
        self._count, self._parts, self._command, self._hung_seconds = count, parts, command, hung_seconds
        self._stopping = asyncio.Event()
        self._served = False
        self._failed = False
        self._processes: dict[int, Process] = {}

    async def run(self) -> int:
        """Run until SIGTERM or SIGINT; 0 once all workers have drained, 1 if none could ever start.

        A second SIGINT ends what is still being answered.
        """
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGTERM, self._stopping.set)
        loop.add_signal_handler(signal.SIGINT, self._interrupted)
        await asyncio.gather(*(self._keep(place) for place in range(self._count)))
        return 1 if self._failed else 0

    def _interrupted(self) -> None:
        if self._stopping.is_set():
            for process in self._processes.values():
                _send(process, signal.SIGKILL)
        self._stopping.set()

    async def _keep(self, place: int) -> None:
        """Keep one worker in a place."""
        quick = 0
        while not self._stopping.is_set():
            started = time.monotonic()
            code, listened = await self._run_one(place)
            if self._stopping.is_set():
                return
            if not self._served and code > 0 and not listened:
                # It gave up by itself before any of them answered: another would do the same.
                _log.error("worker %d could not start (exit code %d)", place, code)
                self._failed = True
                self._stopping.set()
                return
            quick = quick + 1 if time.monotonic() - started < STEADY_SECONDS else 0
            wait = min(FIRST_WAIT_SECONDS * 2 ** max(quick - 1, 0), MAX_WAIT_SECONDS)
            _log.error("worker %d ended (exit code %d); it is replaced in %.2f s", place, code, wait)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), wait)

    async def _run_one(self, place: int) -> tuple[int, bool]:
        """Run one worker to its end; its exit code, and whether it ever accepted requests."""
        ours, its = socket.socketpair()
        with ours:
            ours.setblocking(False)
            with its:
                seat = Seat(place, its.fileno(), *self._parts)
                process = await _start(self._command, seat)
            self._processes[place] = process
            heard = asyncio.create_task(self._hear(ours, place, process))
            ended = asyncio.create_task(process.wait())
            stopping = asyncio.create_task(self._stopping.wait())
            await asyncio.wait((ended, stopping), return_when=asyncio.FIRST_COMPLETED)
            if not ended.done():
                await _drain(process, ended)
            stopping.cancel()
            listened = await heard
        forget(seat.shared)
        return ended.result(), listened

    async def _hear(self, line: socket.socket, place: int, process: Process) -> bool:
        """Whether the worker said that it accepts requests, before it ended; it is killed once it falls silent."""
        loop, listened = asyncio.get_running_loop(), False
        while True:
            patience = self._hung_seconds if listened else None
            try:
                beats = await asyncio.wait_for(loop.sock_recv(line, _BEATS), patience)
            except TimeoutError:
                # This process may have stood still itself: what has come meanwhile counts.
                with suppress(BlockingIOError):
                    if line.recv(_BEATS):
                        continue
                seconds = f"{self._hung_seconds:g} s"
                _log.error("worker %d (process %d) has stood still for %s and is killed", place, process.pid, seconds)
                _send(process, signal.SIGKILL)
                return listened
            if not beats:
                return listened
            listened = self._served = True


async def _start(command: Sequence[str], seat: Seat) -> Process:
    """Start a process in a session of its own: a terminal's signals are for the supervisor, which passes them on."""
    # The worker imports what this process imports, whatever lies in the current folder.
    path = os.pathsep.join(entry or str(Path.cwd()) for entry in sys.path)
    return await asyncio.create_subprocess_exec(
        *command,
        *seat.arguments(),
        env={**os.environ, "PYTHONPATH": path},
        pass_fds=seat.descriptors,
        stdin=asyncio.subprocess.DEVNULL,
        start_new_session=True,
    )


async def _drain(process: Process, ended: asyncio.Task[int]) -> None:
    """Let a worker answer what it has begun; after DRAIN_SECONDS it is killed."""
    _send(process, signal.SIGTERM)
    done, _ = await asyncio.wait((ended,), timeout=DRAIN_SECONDS)
    if not done:
        _log.error("process %d did not end within %d s and is killed", process.pid, DRAIN_SECONDS)
        _send(process, signal.SIGKILL)
        await ended


def _send(process: Process, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        process.send_signal(number)


def _lives(pid: int) -> bool:
    """Whether there is such a process."""
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return True
