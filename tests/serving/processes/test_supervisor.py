"""Several workers on one port, as `upshelf serve --workers` starts them: real processes, killed and stopped."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest
import sqlalchemy as sa

from resources.registry import Registry
from resources.settings import ROOT, Settings
from resources.shop import Shop
from resources.store import Store

pytestmark = pytest.mark.slow

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
def serving(home: Path, wait_for: WaitFor, **env: str) -> Iterator[Server]:
    """A server of two workers, both with a release."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    given = {"HOME": str(home), "RATE_PER_SECOND": "0", "POLL_SECONDS": "0.2", **env}
    mine = {name: value for name, value in os.environ.items() if not name.startswith("UPSHELF_")}
    log = home / f"log-{port}"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-m", "commands", "serve", "--workers", "2", "--port", str(port)],
            env={**mine, **{f"UPSHELF_{name}": value for name, value in given.items()}, "PYTHONPATH": str(ROOT)},
            cwd=home,
            stdout=out,
            stderr=out,
        )
    server = Server(process, f"http://127.0.0.1:{port}", home, log)
    try:
        wait_for(lambda: listening(server) == 2, f"two workers that listen; see {log}")
        yield server
    finally:
        workers = server.workers() if process.poll() is None else []
        process.kill()
        process.wait()
        for worker in workers:
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


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, plain_release: Path) -> Path:
    """A home with a champion."""
    made = tmp_path_factory.mktemp("home")
    publish(made, plain_release)
    return made


async def show(url: str, requests: int, clients: int = 40, *, keep: bool = True) -> list[dict[str, Any]]:
    """Banners shown at once by many clients; the answers that arrived, errors of the connection left out."""
    left, shown = iter(range(requests)), list[dict[str, Any]]()

    async def client() -> None:
        async with httpx.AsyncClient(base_url=url, timeout=30) as http:
            for _ in left:
                headers = {} if keep else {"connection": "close"}
                with suppress(httpx.TransportError):
                    answer = await http.post("/v1/banners/home/select", json={}, headers=headers)
                    assert answer.status_code == 200, answer.text
                    shown.append(answer.json())

    await asyncio.gather(*(client() for _ in range(clients)))
    return shown


def on_record(home: Path) -> tuple[set[str], int]:
    """Ids of the impressions in the store, and what the counts that the bandit reads add up to."""
    store = Store(f"sqlite:///{home / 'store.db'}")
    counted = sum(arm.impressions for arm in store.counts("home").values())
    store.close()
    engine = sa.create_engine(f"sqlite:///{home / 'store.db'}")
    with engine.connect() as connection:
        ids = set(connection.execute(sa.text("SELECT impression_id FROM banner_impressions")).scalars())
    engine.dispose()
    return ids, counted


def sockets(pid: int) -> int:
    """Sockets that a process has open."""
    return sum(os.readlink(file).startswith("socket:") for file in Path(f"/proc/{pid}/fd").iterdir())


def test_two_workers_answer_and_count_as_one(home: Path, wait_for: WaitFor, next_release: Path) -> None:
    """Connections go to both; 500 banners at once are counted exactly; figures add up; both follow a promotion."""
    with serving(home, wait_for) as server:
        workers, port = server.workers(), httpx.URL(server.url).port
        assert len(workers) == 2
        before = [sockets(pid) for pid in workers]
        clients = [socket.create_connection(("127.0.0.1", port)) for _ in range(64)]
        wait_for(lambda: sum(map(sockets, workers)) == sum(before) + 64, "the connections")
        assert all(sockets(pid) > n for pid, n in zip(workers, before, strict=True))
        for client in clients:
            client.close()
        second = refused(home, port)
        assert second.returncode != 0
        assert "Address already in use" in second.stderr

        ids, counted = on_record(home)
        shown = asyncio.run(show(server.url, 500))
        assert len({one["impression_id"] for one in shown}) == 500
        now, now_counted = on_record(home)
        assert now == ids | {one["impression_id"] for one in shown}
        assert now_counted == counted + 500
        assert server.metric('upshelf_requests_total{method="POST"') == 500
        assert server.metric('upshelf_request_seconds_count{route="/v1/banners/{slot}/select"}') == 500
        assert server.metric("upshelf_release_processes") == 2

        first = shown[0]["release"]
        assert {one["release"] for one in shown} == {first}
        publish(home, next_release)
        wait_for(lambda: server.metric("upshelf_reloads_total") == 4, "both to load the next release")
        after = asyncio.run(show(server.url, 40, keep=False))
        assert len({one["release"] for one in after} | {first}) == 2
        assert server.metric("upshelf_release_info") == 1
        assert server.stop() == 0
    assert not any(lives(pid) for pid in workers)
    assert [path.name for path in (home / "serving").iterdir()] == []


def test_a_killed_worker_is_replaced_and_nothing_acknowledged_is_lost(home: Path, wait_for: WaitFor) -> None:
    """Killed in the middle of a load: whoever got an answer is on record, and nobody hears that there is no release."""
    with serving(home, wait_for) as server:
        first = server.workers()
        ids, counted = on_record(home)

        async def load() -> list[dict[str, Any]]:
            running = asyncio.create_task(show(server.url, 1_500, keep=False))
            await asyncio.sleep(1)
            os.kill(first[0], signal.SIGKILL)
            return await running

        shown = {one["impression_id"] for one in asyncio.run(load())}
        assert 1_400 < len(shown) <= 1_500
        wait_for(lambda: listening(server) == 3, "the worker that replaces it")
        second = server.workers()
        assert len(second) == 2
        assert first[1] in second
        assert first[0] not in second
        again = {one["impression_id"] for one in asyncio.run(show(server.url, 200, keep=False))}
        assert len(again) == 200
        now, now_counted = on_record(home)
        assert shown | again <= now - ids
        assert now_counted == counted + len(now - ids)
        # What the killed one counted is still there; it may have answered more than arrived.
        assert server.metric('upshelf_requests_total{method="POST"') >= len(shown | again)
        assert server.metric("upshelf_release_processes") == 2
        assert server.stop() == 0


def test_a_worker_that_hangs_is_killed_and_replaced(home: Path, wait_for: WaitFor) -> None:
    """Stopped by SIGSTOP: another takes its place. When the supervisor was stopped itself, nobody is killed for it."""
    with serving(home, wait_for, HUNG_SECONDS="3") as server:
        first = server.workers()
        os.kill(first[0], signal.SIGSTOP)
        wait_for(lambda: not lives(first[0]), "the hung worker to be killed")
        wait_for(lambda: listening(server) == 3, "the worker that replaces it")
        second = server.workers()
        assert (len(second), first[1] in second, first[0] in second) == (2, True, False)
        text = server.log.read_text()
        assert f"(process {first[0]}) has stood still for 3 s and is killed" in text
        assert len(asyncio.run(show(server.url, 200, keep=False))) == 200
        # A supervisor that stood still itself has heard nothing, and finds that all have gone on.
        os.kill(server.process.pid, signal.SIGSTOP)
        time.sleep(4)
        os.kill(server.process.pid, signal.SIGCONT)
        time.sleep(1)
        assert server.workers() == second
        assert server.log.read_text().count("has stood still") == 1
        assert server.stop() == 0


def test_what_is_begun_is_answered_before_the_end(home: Path, wait_for: WaitFor) -> None:
    """Half of a request, SIGTERM, the other half: an answer, then exit code 0; nobody new is let in meanwhile."""
    body = b'{"position": 1}'
    head = f"POST /v1/banners/home/select HTTP/1.1\r\nhost: x\r\ncontent-length: {len(body)}\r\n"
    with serving(home, wait_for) as server:
        port = httpx.URL(server.url).port
        begun = [socket.create_connection(("127.0.0.1", port), timeout=20) for _ in range(8)]
        for client in begun:
            client.sendall(head.encode() + b"content-type: application/json\r\n\r\n" + body[:5])
        time.sleep(0.5)
        server.process.send_signal(signal.SIGTERM)
        wait_for(lambda: server.log.read_text().count("Shutting down") == 2, "both to stop listening")
        time.sleep(0.3)
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port))
        for client in begun:
            client.sendall(body[5:])
            assert client.recv(12) == b"HTTP/1.1 200"
            client.close()
        assert server.process.wait(timeout=30) == 0


def test_limits_hold_for_all_workers_and_none_outlives_the_supervisor(home: Path, wait_for: WaitFor) -> None:
    """A burst of 70 for 300 requests of one caller on both; then the supervisor alone is killed."""
    with serving(home, wait_for, RATE_PER_SECOND="0.0001", RATE_BURST="70") as server:

        async def ask() -> list[int]:
            async with httpx.AsyncClient(base_url=server.url, timeout=30) as http:
                answers = (http.get("/v1/recommendations/popular", headers={"connection": "close"}) for _ in range(300))
                return [answer.status_code for answer in await asyncio.gather(*answers)]

        statuses = asyncio.run(ask())
        assert (statuses.count(200), statuses.count(429)) == (70, 230)
        workers = server.workers()
        server.process.kill()
        wait_for(lambda: not any(lives(pid) for pid in workers), "the workers to notice")
    left = sorted((home / "serving").iterdir())
    assert [path.name.split("-")[0] for path in left] == [str(server.process.pid)]
    with serving(home, wait_for) as server:
        assert not left[0].exists()
        assert server.stop() == 0


def refused(home: Path, port: int | None, **env: str) -> subprocess.CompletedProcess[str]:
    """What a server that cannot run says and ends with."""
    return subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "commands", "serve", "--workers", "2", "--port", str(port)],
        env={**os.environ, "UPSHELF_HOME": str(home), "PYTHONPATH": str(ROOT), **env},
        cwd=home,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_workers_that_cannot_start_end_it(home: Path) -> None:
    """A store that is none: said once a worker, exit code 1, no endless replacing."""
    done = refused(home, 8499, UPSHELF_STORE_URL="mysql://x/y")
    assert done.returncode == 1
    assert "names the database 'mysql'" in done.stderr
    assert "could not start (exit code 1)" in done.stderr
