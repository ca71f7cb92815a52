"""Requests over connections that stay open, to servers that run as processes of their own, and what they cost.

What belongs here: the load and the servers. What is asked for, and what is made of the figures, is each benchmark's.
"""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import numpy as np

from evaluation.arrays import Floats

__all__ = ["Load", "Request", "cpu_of", "load", "median", "newest_release", "quantile", "server"]

HOST, CONNECTIONS = "127.0.0.1", 16


class Request(NamedTuple):
    """One request as it goes over the wire."""

    method: str
    path: str
    body: bytes = b""

    def wire(self) -> bytes:
        """Bytes of HTTP/1.1."""
        head = f"{self.method} {self.path} HTTP/1.1\r\nhost: {HOST}\r\n"
        if self.body:
            head += f"content-type: application/json\r\ncontent-length: {len(self.body)}\r\n"
        return head.encode() + b"\r\n" + self.body


class Load(NamedTuple):
    """What came of a load."""

    cpu: float
    """Seconds of the server's process a request."""
    rate: float
    """Requests a second."""
    seconds: Floats
    """Of each request, float64[requests]."""


def cpu_of(pid: int) -> float:
    """Seconds of CPU that a process has used, all threads together."""
    threads = Path(f"/proc/{pid}/task").glob("*/schedstat")
    return sum(int(thread.read_text(encoding="ascii").split()[0]) for thread in threads) / 1e9


async def _answer(reader: asyncio.StreamReader) -> int:
    """Read one answer; returns its status."""
    head = await reader.readuntil(b"\r\n\r\n")
    lines = head.lower().split(b"\r\n")
    length = next((int(line[16:]) for line in lines if line.startswith(b"content-length: ")), 0)
    await reader.readexactly(length)
    return int(head[9:12])


async def _ask(port: int, requests: Sequence[bytes]) -> list[float]:
    """Send ``requests`` over 16 connections, each after its last answer; seconds of each."""
    seconds = [0.0] * len(requests)
    places = iter(range(len(requests)))

    async def connection() -> None:
        reader, writer = await asyncio.open_connection(HOST, port)
        for place in places:
            start = time.perf_counter()
            writer.write(requests[place])
            status = await _answer(reader)
            seconds[place] = time.perf_counter() - start
            if status >= 300:
                raise RuntimeError(f"status {status} of {requests[place][:200]!r}")
        writer.close()

    await asyncio.gather(*(connection() for _ in range(CONNECTIONS)))
    return seconds


def load(port: int, pid: int, requests: Sequence[bytes]) -> Load:
    """What the server does with the requests."""
    before, start = cpu_of(pid), time.perf_counter()
    seconds = asyncio.run(_ask(port, requests))
    elapsed = time.perf_counter() - start
    return Load((cpu_of(pid) - before) / len(requests), len(requests) / elapsed, np.array(seconds))


@contextmanager
def server(module: str, port: int, ready: str, **env: str) -> Iterator[int]:
    """A server process, from when it is ready; yields its id."""
    process = subprocess.Popen([sys.executable, "-m", module], env={**os.environ, **env})  # noqa: S603
    try:
        _wait(port, Request("GET", ready).wire(), process)
        yield process.pid
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=30)


def _wait(port: int, request: bytes, process: "subprocess.Popen[bytes]") -> None:
    for _ in range(600):
        if process.poll() is not None:
            raise RuntimeError(f"the server has ended with status {process.returncode}")
        try:
            asyncio.run(_ask(port, [request]))
            return
        except (OSError, RuntimeError, asyncio.IncompleteReadError):
            time.sleep(0.1)
    raise RuntimeError("the server is not ready after a minute")


def newest_release(home: Path) -> Path:
    """Folder of the newest release in a home; ends the program where there is none."""
    newest = max((path for path in (home / "models" / "release").glob("*") if path.is_dir()), default=None)
    if newest is None:
        sys.stderr.write(f"{home} holds no release: run 'make demo HEADLESS=1' first\n")
        sys.exit(2)
    return newest


def median(loads: Sequence[Load], figure: Callable[[Load], float]) -> float:
    """Median of a figure over loads."""
    return float(np.median([figure(of) for of in loads]))


def quantile(of: Load, percent: float) -> float:
    """Milliseconds that so many percent of the requests take at most."""
    return 1e3 * float(np.percentile(of.seconds, percent))
