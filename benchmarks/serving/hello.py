"""The bare app that the API is measured beside: one Litestar route that answers with a constant, and nothing else.

Usage: ``PORT=8211 python -m benchmarks.serving.hello``. The server has the API's own settings.
"""

import os

import uvicorn
from litestar import Litestar, get

__all__ = ["PORT_VARIABLE"]

PORT_VARIABLE = "PORT"


@get("/", sync_to_thread=False)
def hello() -> dict[str, str]:
    """A constant."""
    return {"hello": "world"}


if __name__ == "__main__":
    app = Litestar([hello], logging_config=None, openapi_config=None)
    port = int(os.environ[PORT_VARIABLE])
    uvicorn.run(app, host="127.0.0.1", port=port, access_log=False, log_config=None, server_header=False)
