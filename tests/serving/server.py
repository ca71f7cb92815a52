"""The API on a socket, for clients that are no Python."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import httpx
import uvicorn

from resources.registry import Registry
from serving.app import create_app
from serving.http.bounded_http import BoundedHttp
from serving.release.reload import ReleaseSource
from serving.settings import ServingSettings

__all__ = ["served"]


@contextmanager
def served(
    settings: ServingSettings,
    source: ReleaseSource,
    *,
    rate_per_second: float = 0,
    awaits_release: bool = True,
    registry: Registry | None = None,
) -> Iterator[str]:
    """Address of a server on a port of its own, from when it has a release, or from when it listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    app = create_app(replace(settings, rate_per_second=rate_per_second), source, registry=registry)
    config = uvicorn.Config(
        app, host="127.0.0.1", port=port, http=BoundedHttp, log_config=None, access_log=False, ws="none"
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, name="server", daemon=True)
    thread.start()
    deadline = time.monotonic() + 60
    address = f"http://127.0.0.1:{port}"
    while not (server.started and (not awaits_release or _is_ready(address))) and time.monotonic() < deadline:
        time.sleep(0.05)
    yield address
    server.should_exit = True
    thread.join(timeout=30)


def _is_ready(address: str) -> bool:
    try:
        return httpx.get(f"{address}/health/ready").status_code == httpx.codes.OK
    except httpx.TransportError:
        return False
