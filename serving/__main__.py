"""Run the API: ``python -m serving``."""

import os

# One thread an answer, whatever the caller's environment says: threads of BLAS would fight with one another and with
# the event loop over products of small matrices. NumPy reads this when it is imported, so it comes first.
os.environ |= dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")

import asyncio
import socket
import sys
from collections.abc import Sequence
from dataclasses import replace
from importlib.util import find_spec
from typing import Any

import uvicorn

from resources.registry import Registry
from resources.settings import Settings
from resources.shop import Shop, ShopError
from serving.processes.seat import Lifeline, Seat
from serving.processes.supervisor import Supervisor, shared_parts
from serving.settings import ServingSettings, SettingsError
from serving.watch.logs import configure

SWITCH_SECONDS = 0.0005
"""A search in a thread gives the interpreter back to the event loop after so long, instead of after ten times that."""
RELEASE_SECONDS = 20.0
"""How long a worker may wait for a release before it accepts requests: others may be answering from one."""


def main(arguments: Sequence[str] = ()) -> int:
    """Serve until stopped; a setting that cannot be used is said in one line.

    Args:
        arguments: A worker's seat; none for whoever starts the API.
    """
    seat = Seat.of(arguments)
    installation = Settings.from_env()
    try:
        shop = Shop.load(installation.shop)
        settings = replace(ServingSettings.from_env(installation), late_days=shop.late_days)
    except (SettingsError, ShopError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    sys.setswitchinterval(SWITCH_SECONDS)
    configure(settings.log_format, name_process=settings.workers > 1)
    registry = Registry(installation, shop.name)
    if seat is not None:
        _work(seat, settings, registry)
        return 0
    if settings.workers > 1:
        return _supervise(settings)
    from serving.app import create_app

    uvicorn.run(create_app(settings, registry, registry=registry), host=settings.host, port=settings.port, **_options())
    return 0


def _supervise(settings: ServingSettings) -> int:
    """Keep as many workers as the settings say on one port; the exit code."""
    command = [sys.executable, "-P", "-m", "serving"]

    async def run() -> int:
        return await Supervisor(settings.workers, parts, command, settings.hung_seconds).run()

    # Holds the port without listening: refused where another program has it, and kept while workers come and go.
    held = uvicorn.Config("", host=settings.host, port=settings.port, log_config=None).bind_socket()
    with held, shared_parts(settings.cache) as parts:
        return asyncio.run(run())


def _work(seat: Seat, settings: ServingSettings, registry: Registry) -> None:
    """Answer as one of several workers until told to stop, or the supervisor is gone."""
    lifeline = Lifeline(seat.lifeline)
    lifeline.watch()
    from serving.app import create_app
    from serving.http.shared_limits import SharedTokenBuckets
    from serving.release.shared_copies import SharedCopies
    from serving.watch.metrics import Metrics

    app = create_app(
        settings,
        SharedCopies(registry, seat.copies),
        limits=SharedTokenBuckets(settings.rate_per_second, settings.burst, seat.limits),
        metrics=Metrics(seat.shared),
        registry=registry,
        wait_seconds=RELEASE_SECONDS,
    )

    class Server(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            self._beating = asyncio.create_task(lifeline.beat(), name="tell the supervisor")

    Server(uvicorn.Config(app, **_options())).run([_listener(settings)])


def _listener(settings: ServingSettings) -> socket.socket:
    """A socket for connections of which other processes take their share on the same port."""
    listener = socket.socket(socket.AF_INET6 if ":" in settings.host else socket.AF_INET)
    for option in (socket.SO_REUSEADDR, socket.SO_REUSEPORT):
        listener.setsockopt(socket.SOL_SOCKET, option, 1)
    listener.bind((settings.host, settings.port))
    return listener


def _options() -> dict[str, Any]:
    """How uvicorn runs, whoever listens."""
    return {
        "access_log": False,
        "log_config": None,
        "http": _http(),
        "server_header": False,
        "timeout_graceful_shutdown": 10,
    }


def _http() -> Any:  # noqa: ANN401  # uvicorn takes a protocol's class or its name
    """The faster parser with a bound of ours, or where it is not installed the one that has its own."""
    if find_spec("httptools") is None:
        return "h11"
    from serving.http.bounded_http import BoundedHttp

    return BoundedHttp


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
