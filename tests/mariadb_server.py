"""A MariaDB server of the tests' own."""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import quote

import pytest

__all__ = ["executed", "mariadb_server"]

_PATH = f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin"
_TRIES = 300
_SMALL = (
    "--innodb-buffer-pool-size=16M", "--innodb-log-file-size=8M", "--aria-pagecache-buffer-size=1M",
    "--key-buffer-size=1M", "--performance-schema=OFF", "--max-connections=20", "--userstat=1",
)  # fmt: skip


@contextmanager
def mariadb_server() -> Iterator[str]:
    """The URI of a database on one that ends, and is deleted, with the block; skips where there is none."""
    pytest.importorskip("pymysql", reason="PyMySQL is not installed")
    server, install = (shutil.which(name, path=_PATH) for name in ("mariadbd", "mariadb-install-db"))
    if server is None or install is None:
        pytest.skip("there is no MariaDB server: install mariadb-server, whose mariadbd and mariadb-install-db are run")
    # A socket's path may have 107 characters, which pytest's own folders exceed.
    with tempfile.TemporaryDirectory(prefix="upshelf-mariadb-") as folder:
        data, socket = Path(folder) / "data", Path(folder) / "socket"
        common = ["--no-defaults", f"--datadir={data}", *(["--user=root"] if os.getuid() == 0 else [])]
        made = [install, *common, "--auth-root-authentication-method=normal", "--skip-test-db", "--skip-name-resolve"]
        subprocess.run(made, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=folder)
        command = [server, *common, f"--socket={socket}", "--skip-networking", *_SMALL]
        with (Path(folder) / "log").open("wb") as log:
            running = subprocess.Popen(command, stdout=log, stderr=log, cwd=folder)
        try:
            uri = f"mysql://root@localhost/{{}}?unix_socket={quote(str(socket), safe='')}"
            _wait_for(uri.format("mysql"), socket, running, Path(folder) / "log")
            executed(uri.format("mysql"), "CREATE DATABASE shop CHARACTER SET utf8mb4")
            yield uri.format("shop")
        finally:
            running.kill()
            running.wait()


def executed(uri: str, *statements: str) -> tuple[tuple[str | None, ...], ...]:
    """Run statements as the server's owner; the rows of the last one, as text."""
    import pymysql
    from pymysql.converters import encoders

    from resources.sources.mysql.connection import arguments

    with (
        pymysql.connect(**arguments(uri), charset="utf8mb4", conv=dict(encoders), autocommit=True) as connection,
        connection.cursor() as cursor,
    ):
        cursor.execute("SET SESSION time_zone = '+00:00', sql_mode = ''")
        for statement in statements:
            cursor.execute(statement)
        return tuple(cursor.fetchall())


def _wait_for(uri: str, socket: Path, running: "subprocess.Popen[bytes]", log: Path) -> None:
    """Until the server answers."""
    import pymysql

    for _ in range(_TRIES):
        assert running.poll() is None, log.read_text(errors="replace")
        with suppress(pymysql.MySQLError):
            if socket.exists():  # else the driver leaves its own one open
                executed(uri, "SELECT 1")
                return
        time.sleep(0.1)
    raise AssertionError(log.read_text(errors="replace"))
