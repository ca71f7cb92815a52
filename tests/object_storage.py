"""A server that speaks the API of S3, moto's, and the environment by which it is found."""

import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import httpx

__all__ = ["BUCKET", "CREDENTIALS", "object_storage"]

CREDENTIALS: Mapping[str, str] = {
    "AWS_ACCESS_KEY_ID": "AKIAUPSHELFOFTESTS00",
    "AWS_SECRET_ACCESS_KEY": "a-secret-that-no-log-may-hold-7c1f",
    "AWS_SESSION_TOKEN": "a-token-that-no-log-may-hold-93be",
}
"""Environment variable → value that must never be seen anywhere else."""
BUCKET = "shop-bucket"

# In a process of its own: some calls of delta-rs hold Python's lock while they wait for an answer. It ends with its
# standard input, and so with the process that started it.
_SERVER = """
import logging, sys
from moto.server import ThreadedMotoServer
logging.getLogger("werkzeug").setLevel(logging.ERROR)
server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
server.start()
print(server.get_host_and_port()[1], flush=True)
sys.stdin.read()
server.stop()
"""


@contextmanager
def object_storage() -> Iterator[Mapping[str, str]]:
    """A server with an empty bucket, for the time of a ``with``: the environment of its clients."""
    command = [sys.executable, "-W", "ignore", "-c", _SERVER]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        try:
            endpoint = f"http://127.0.0.1:{int(server.stdout.readline())}"
            httpx.put(f"{endpoint}/{BUCKET}").raise_for_status()
            yield {
                **CREDENTIALS,
                "AWS_ENDPOINT_URL": endpoint,
                "AWS_ALLOW_HTTP": "true",
                "AWS_REGION": "us-east-1",
            }
        finally:
            server.stdin.close()
            server.wait(30)
