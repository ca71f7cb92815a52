"""The API as `upshelf serve --workers` starts it: real processes, for tests that kill and stop them."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

import httpx

from resources.registry import Registry
from resources.settings import ROOT, Settings
from resources.shop import Shop

__all__ = ["Server", "WaitFor", "listening", "lives", "publish", "serving"]

WaitFor = Callable[[Callable[[], bool], str], None]


class Server(NamedTuple):
    """A supervisor with its workers."""

    process: subprocess.Popen[bytes]
    url: str
    home: Path
    log: Path

    def workers(self) -> list[int]:
        """Process ids of the workers that live."""
        pid = self.process.pid
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]

    def stop(self) -> int:
        """Exit code after SIGTERM."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=30)

    def metric(self, name: str) -> float:
        """A figure of /metrics, all its labels together; 0 if there is none."""
        lines = httpx.get(f"{self.url}/metrics").text.splitlines()
        return sum(float(line.rsplit(" ", 1)[1]) for line in lines if line.startswith(name))


def publish(home: Path, folder: Path) -> None:
    """Make a release folder the champion of a home."""
    settings = Settings.from_env({"UPSHELF_HOME": str(home)})
    registry = Registry(settings, Shop.load(settings.shop).name)
    run = registry.log_run("release", parameters={}, metrics={}, folder=folder)
    registry.promote(registry.register(run, {}))


@contextmanager
def serving(home: Path, wait_for: WaitFor, *, workers: int = 2, **env: str) -> Iterator[Server]:
    """A server of so many workers, all listening, each with the release where there is one."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    given = {"HOME": str(home), "RATE_PER_SECOND": "0", "POLL_SECONDS": "0.2", **env}
    mine = {name: value for name, value in os.environ.items() if not name.startswith("UPSHELF_")}
    log = home / f"log-{port}"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-m", "commands", "serve", "--workers", str(workers), "--port", str(port)],
            env={**mine, **{f"UPSHELF_{name}": value for name, value in given.items()}, "PYTHONPATH": str(ROOT)},
            cwd=home,
            stdout=out,
            stderr=out,
        )
    server = Server(process, f"http://127.0.0.1:{port}", home, log)
    try:
        wait_for(lambda: listening(server) == workers, f"{workers} workers that listen; see {log}")
        yield server
    finally:
        left = server.workers() if process.poll() is None else []
        process.kill()
        process.wait()
        for worker in left:
            with suppress(ProcessLookupError):
                os.kill(worker, signal.SIGKILL)


def listening(server: Server) -> int:
    """How many workers have begun to listen since the start."""
    return server.log.read_text().count("Application startup complete")


def lives(pid: int) -> bool:
    """Whether a process runs; one that is dead and not yet buried does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
