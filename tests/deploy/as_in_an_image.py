"""A machine like the one that an image makes: its files, user and variables, and PostgreSQL on a port."""

import asyncio
import os
import shutil
import socket
import sys
import tempfile
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple
from urllib.parse import parse_qs, urlsplit

import psycopg2

from resources.settings import ROOT
from tests.deploy.files import DEPLOY, context, stages

__all__ = ["Machine", "databases", "free_port", "machine", "without_rights"]

_SOMEBODY_ELSE = 65_534


class Machine(NamedTuple):
    """Folders of an image, below a root of their own."""

    root: Path

    def here(self, path: str) -> Path:
        """Where a path of the image is."""
        return self.root / path.removeprefix("/")

    def environment(self, image: str, **more: str) -> dict[str, str]:
        """What the image sets, paths put below the root, and ``more``; of this process's environment nothing."""
        told = stages()["runtime"].environment | stages()[image].environment
        moved = {name: str(self.here(value)) if value.startswith("/var") else value for name, value in told.items()}
        ours = {
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            # Stands in for the editable install of the image.
            "PYTHONPATH": str(self.here("/opt/upshelf")),
            "PYTHONWARNINGS": "ignore",
            "HOME": "/nonexistent",
        }
        return moved | ours | more

    def lend(self, path: str) -> None:
        """Let whoever runs `without_rights` write to a folder of the image."""
        os.chown(self.here(path), os.geteuid(), -1)


def without_rights() -> list[str]:
    """What a command begins with so that it may not write to files of others, as is so of the images' user.

    Of root alone: to run as another user, the interpreter would have to lie where others may read it. Who is not root
    has no rights to lose, and owns the files of `machine`.
    """
    taken = ["setpriv", "--bounding-set=-all", "--inh-caps=-all", "--no-new-privs"]
    return taken if os.geteuid() == 0 and shutil.which("setpriv") is not None else []


@contextmanager
def machine() -> Iterator[Machine]:
    """One with the code and an empty home, both of somebody else, and a cache of one's own."""
    root = Path(tempfile.mkdtemp(prefix="upshelf-image-"))
    root.chmod(0o755)
    made = Machine(root)
    code = made.here("/opt/upshelf")
    code.mkdir(parents=True)
    for name in context():
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, code / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, code)
    for path in ("/var/lib/upshelf", "/var/cache/upshelf"):
        made.here(path).mkdir(parents=True)
    if os.geteuid() == 0:
        for path in (made.here("/var/lib/upshelf"), code, *code.rglob("*")):
            os.chown(path, _SOMEBODY_ELSE, -1)
    try:
        yield made
    finally:
        shutil.rmtree(root, ignore_errors=True)


@contextmanager
def databases(uri: str) -> Iterator[str]:
    """Address of a server with the databases of compose, which listens on a port as that of compose does.

    Args:
        uri: Of a server that listens on a socket file alone, and has none of them yet.
    """
    connection = psycopg2.connect(uri)
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute("CREATE DATABASE upshelf")
        for statement in _statements():
            cursor.execute(statement)
    connection.close()
    parts = urlsplit(uri)
    query = parse_qs(parts.query)
    file = f"{query['host'][0]}/.s.PGSQL.{query.get('port', ['5432'])[0]}"
    with _forwarded(file) as port:
        yield f"postgresql+psycopg2://{parts.username}@127.0.0.1:{port}"


def _statements() -> list[str]:
    text = (DEPLOY / "databases.sql").read_text(encoding="utf-8")
    return [line for line in text.splitlines() if line.startswith("CREATE")]


@contextmanager
def _forwarded(file: str) -> Iterator[int]:
    """A port of this machine that leads to a socket file."""
    port, stopping = Future[int](), Future[None]()

    async def taken(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        of_file, to_file = await asyncio.open_unix_connection(file)
        try:
            await asyncio.gather(_pass_on(reader, to_file), _pass_on(of_file, writer))
        finally:
            for end in (writer, to_file):
                end.close()

    async def run() -> None:
        server = await asyncio.start_server(taken, "127.0.0.1", 0)
        port.set_result(server.sockets[0].getsockname()[1])
        await asyncio.wrap_future(stopping)
        server.close()
        connections = asyncio.all_tasks() - {asyncio.current_task()}
        for connection in connections:
            connection.cancel()
        await asyncio.gather(*connections, return_exceptions=True)
        await asyncio.sleep(0.1)  # transports close behind their tasks

    thread = threading.Thread(target=lambda: asyncio.run(run()))
    thread.start()
    try:
        yield port.result()
    finally:
        stopping.set_result(None)
        thread.join()


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """What one end says, to the other, until it ends."""
    with suppress(ConnectionError):
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
    writer.close()


def free_port() -> int:
    """One that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
