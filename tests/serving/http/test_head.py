"""HEAD on every GET route: the status and headers of GET, and no body."""

import hashlib
import socket
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from serving.app import routes
from serving.release.reload import ReleaseSource
from serving.settings import ServingSettings
from tests.serving.conftest import FolderSource, answering
from tests.serving.server import served

Client = TestClient[Litestar]
PARTS = {"product_id": "p03", "name": "persuadable", "what": "scores", "user_id": "u1"}
QUERIES = {"/v1/search": "?q=lantern", "/v1/search/suggest": "?q=lan"}
CHANGING = {"date", "x-request-id", "content-length"}


def addresses() -> list[str]:
    """An address of every GET route, and those of the description."""
    found = []
    for group in routes(is_development=True):
        for route in group.routes:
            if "GET" in route.methods:
                parts = PARTS | ({"name": "uplift"} if "/reports/" in route.path else {})
                path = route.path.replace(":str", "").format(**parts)
                found.append(path + QUERIES.get(path, ""))
    return [*sorted(found), "/schema", "/schema/openapi.json"]


@pytest.mark.parametrize("address", addresses())
def test_head_answers_as_get_without_the_body(client: Client, address: str) -> None:
    """Same status and headers; the length is that of the body which GET would have."""
    get, head = client.get(address), client.head(address)
    assert get.status_code == 200
    assert (head.status_code, head.content) == (200, b"")
    told, without = ({k: v for k, v in of.headers.items() if k not in CHANGING} for of in (get, head))
    assert told == without
    assert ("content-length" in head.headers) == ("content-length" in get.headers)
    if address != "/metrics":
        assert head.headers.get("content-length") == get.headers.get("content-length")


def test_an_answer_that_is_known_is_304(client: Client) -> None:
    """The tag of a HEAD is that of GET, either way round."""
    path = "/v1/products/p03/similar"
    tag = client.head(path).headers["etag"]
    for method in ("HEAD", "GET"):
        answer = client.request(method, path, headers={"if-none-match": tag})
        assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", tag)


@pytest.mark.parametrize(
    ("address", "status"),
    [("/v1/products/gone", 404), ("/v1/search?limitt=1", 400), ("/v1/events", 405), ("/nothing", 404), ("/a%00", 400)],
)
def test_what_get_refuses_head_refuses(client: Client, address: str, status: int) -> None:
    """With the media type of problems, and nothing done."""
    answer = client.head(address)
    assert (answer.status_code, answer.content) == (status, b"")
    assert answer.headers["content-type"] == "application/problem+json"


def test_head_needs_the_keys_of_get(settings: ServingSettings, source: FolderSource, plain_release: Path) -> None:
    """A storefront key may not ask for what it may not get."""
    source.promote("1", plain_release)
    keyed = replace(settings, keys=(("storefront", hashlib.sha256(b"key").digest()),))
    with answering(keyed, source) as client:
        assert client.head("/v1/segments").status_code == 401
        assert client.head("/v1/segments", headers={"x-api-key": "key"}).status_code == 403
        assert client.head("/v1/recommendations/popular", headers={"x-api-key": "key"}).status_code == 200


def test_over_a_socket_nothing_follows_the_headers(
    settings: ServingSettings, source: ReleaseSource, promote: Callable[[str, Path], None], plain_release: Path
) -> None:
    """Three requests on one connection: an answer with a length, one that streams, one after them."""
    promote("1", plain_release)
    with served(settings, source) as address, socket.socket() as client:
        client.connect(("127.0.0.1", int(address.rsplit(":", 1)[1])))
        client.settimeout(30)
        answers = []
        for path in ("/v1/products/p03/similar", "/v1/exports/scores", "/v1/segments/persuadable/members"):
            client.sendall(f"HEAD {path} HTTP/1.1\r\nhost: x\r\n\r\n".encode())
            got = b""
            while not got.endswith(b"\r\n\r\n"):
                got += client.recv(65_536)
            answers.append(got)
        assert all(got.startswith(b"HTTP/1.1 200") and got.count(b"\r\n\r\n") == 1 for got in answers)
        client.sendall(b"GET /health/live HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
        assert client.makefile("rb").read().endswith(b'{"status":"ok"}')
