"""A server that speaks the API of S3, moto's, and the environment by which it is found."""

import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import httpx

__all__ = ["BUCKET", "CREDENTIALS", "flaky", "object_storage"]

CREDENTIALS: Mapping[str, str] = {
    "AWS_ACCESS_KEY_ID": "AKIAUPSHELFOFTESTS00",
    "AWS_SECRET_ACCESS_KEY": "a-secret-that-no-log-may-hold-7c1f",
    "AWS_SESSION_TOKEN": "a-token-that-no-log-may-hold-93be",
}
"""Environment variable → value that must never be seen anywhere else."""
BUCKET = "shop-bucket"

# In a process of its own: some calls of delta-rs hold Python's lock while they wait for an answer.
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
    with _in_a_process(_SERVER) as port:
        endpoint = f"http://127.0.0.1:{port}"
        httpx.put(f"{endpoint}/{BUCKET}").raise_for_status()
        yield {**CREDENTIALS, "AWS_ENDPOINT_URL": endpoint, "AWS_ALLOW_HTTP": "true", "AWS_REGION": "us-east-1"}


# Of the requests that it passes on, it answers some by 503: before the server has heard of them, or when they have been
# carried out and only the answer is lost.
_FLAKY = """
import http.client, random, sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
to, share, draw = sys.argv[1], float(sys.argv[2]), random.Random(int(sys.argv[3]))

class Flaky(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def any(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        fate = draw.random()
        status, headers, answer = 503, [], b""
        if fate > share / 2:
            server = http.client.HTTPConnection(to)
            server.request(self.command, self.path, body, dict(self.headers))
            found = server.getresponse()
            answer = found.read()
            if fate > share:
                status, headers = found.status, found.getheaders()
        if status == 503:
            answer = b""
        self.send_response(status)
        for name, value in headers:
            if name.lower() not in ("transfer-encoding", "connection", "date", "server", "content-length"):
                self.send_header(name, value)
        length = dict((name.lower(), value) for name, value in headers).get("content-length", "0")
        self.send_header("Content-Length", length if self.command == "HEAD" else str(len(answer)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer)

    do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = any

    def log_message(self, *given):
        pass

server = ThreadingHTTPServer(("127.0.0.1", 0), Flaky)
server.daemon_threads = True
print(server.server_port, flush=True)
import threading
threading.Thread(target=server.serve_forever, daemon=True).start()
sys.stdin.read()
"""


@contextmanager
def flaky(endpoint: str, share: float, seed: int) -> Iterator[str]:
    """An address of the server at ``endpoint`` that answers this share of the requests by 503, for a ``with``."""
    with _in_a_process(_FLAKY, endpoint.removeprefix("http://"), str(share), str(seed)) as port:
        yield f"http://127.0.0.1:{port}"


@contextmanager
def _in_a_process(script: str, *arguments: str) -> Iterator[int]:
    """Run a server that prints its port, and ends with its standard input, and so with this process."""
    command = [sys.executable, "-W", "ignore", "-c", script, *arguments]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        try:
            yield int(server.stdout.readline())
        finally:
            server.stdin.close()
            server.wait(30)
