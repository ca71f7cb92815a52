"""``upshelf demo``: the simulated shop's logs become a release and a live API, with nothing set up by hand.

It materialises every asset through Dagster, starts the API (and the Dagster UI unless ``--headless``), calls each
endpoint and prints what came of it. The servers stay up until ``--stop``.
"""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from commands.environment import prepare
from commands.shop import the_shop

if TYPE_CHECKING:
    from resources.settings import Settings

__all__ = ["demo"]

PIDS = "demo.pids"
START_SECONDS = 120


@click.command()
@click.option("--headless", is_flag=True, help="No UI, and stop the API at the end.")
@click.option("--stop", "only_stop", is_flag=True, help="Only stop the servers of an earlier demo.")
def demo(headless: bool, only_stop: bool) -> None:
    """Run everything on the simulated shop, end to end, and show what it answers."""
    settings = prepare()
    if only_stop:
        stop(settings.home)
        return
    from commands.demo_summary import print_summary

    started = time.monotonic()
    materialise(settings)
    click.echo("4. The API" + ("" if headless else " and the Dagster UI"))
    with servers(settings.home, headless=headless) as (api, ui):
        print_summary(api, ui, seconds=time.monotonic() - started)


def materialise(settings: "Settings") -> None:
    """Run the two jobs of a night over the shop's whole history."""
    from commands.pipeline import opened
    from resources.shop import SimulatedSource

    shop = the_shop()
    if shop.last_day is None or not isinstance(shop.source, SimulatedSource):
        raise click.ClickException("the demo needs a simulated shop; unset UPSHELF_SHOP")
    source = shop.source
    click.echo(f"1. The shop {shop.name!r}: {source.products:,} products, {source.users:,} users, {source.days} days")
    with opened(settings, shop) as pipeline:
        click.echo(f"2. Logs to tables and features, {shop.first_day} to {shop.last_day} in one run")
        read = pipeline.tables(shop.first_day, shop.last_day)
        if read.success:
            click.echo(f"3. Models, reports and the release, as of {shop.last_day}")
            read = pipeline.models(shop.last_day)
        if not read.success:
            raise click.ClickException("the pipeline failed\n" + "\n".join(read.faults))


def free_port(preferred: int) -> int:
    """``preferred``, or any free port where it is taken."""
    for port in (preferred, 0):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise click.ClickException("no free port on 127.0.0.1")


def start(command: str, port: int, log: Path) -> subprocess.Popen[bytes]:
    """Start one of our servers in a session of its own, so that it outlives the demo; its output goes to ``log``."""
    with log.open("wb") as out:
        return subprocess.Popen(  # noqa: S603  # our own command
            [sys.executable, "-m", "commands", command, "--host", "127.0.0.1", "--port", str(port)],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def wait_until_ready(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    """Wait for a 200 at ``url``."""
    import httpx

    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise click.ClickException(f"the server stopped with status {process.returncode}; see {log}")
        try:
            if httpx.get(url, timeout=5).status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.3)
    raise click.ClickException(f"{url} did not answer within {START_SECONDS} s; see {log}")


@contextmanager
def servers(home: Path, *, headless: bool) -> Iterator[tuple[str, str | None]]:
    """Start the API and, unless headless, the UI; yields their addresses. Headless, both are stopped at the end."""
    stop(home)
    port = free_port(int(os.environ.get("UPSHELF_PORT") or 8000))
    api, log = f"http://127.0.0.1:{port}", home / "api.log"
    processes = [start("serve", port, log)]
    ui = None
    if not headless:
        port = free_port(int(os.environ.get("UPSHELF_UI_PORT") or 3000))
        ui = f"http://127.0.0.1:{port}"
        processes.append(start("ui", port, home / "dagster.log"))
    (home / PIDS).write_text("\n".join(str(p.pid) for p in processes), encoding="utf-8")
    finished = False
    try:
        wait_until_ready(f"{api}/health/ready", processes[0], log)
        if ui is not None:
            wait_until_ready(f"{ui}/server_info", processes[1], home / "dagster.log")
        yield api, ui
        finished = True
    finally:
        if headless or not finished:
            stop(home)


def stop(home: Path) -> None:
    """Stop the servers that an earlier demo left running."""
    pids = home / PIDS
    if not pids.exists():
        return
    for pid in map(int, pids.read_text(encoding="utf-8").split()):
        try:
            # Each server leads a process group of its own.
            os.killpg(pid, signal.SIGTERM)
        except (ProcessLookupError, PermissionError):
            continue
    pids.unlink()
