"""What the log says of requests: one line each as JSON, none as text, and in neither who was asked about."""

import json
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from litestar import Litestar
from litestar.testing import TestClient

from serving.release.reload import ReleaseSource
from serving.settings import ServingSettings
from serving.watch.logs import FIELDS, JsonLines

Client = TestClient[Litestar]
Asked = Callable[..., Any]


@pytest.fixture
def asked(
    settings: ServingSettings,
    source: ReleaseSource,
    promote: Callable[[str, Path], None],
    plain_release: Path,
    answering: Callable[..., Any],
    caplog: pytest.LogCaptureFixture,
) -> Asked:
    """A client of an API that logs in a form."""
    caplog.set_level(logging.INFO)
    promote("1", plain_release)

    @contextmanager
    def made(form: str) -> Iterator[Client]:
        with answering(replace(settings, log_format=form), source) as client:
            caplog.clear()
            yield client

    return made


def lines(caplog: pytest.LogCaptureFixture) -> list[dict[str, Any]]:
    """What stands in a log of JSON."""
    return [json.loads(JsonLines().format(record)) for record in caplog.records if record.name.startswith("serving")]


def test_a_line_a_request(asked: Asked, caplog: pytest.LogCaptureFixture) -> None:
    """Id, method, template, status, duration and release; also of what is kept, refused, unknown or no route."""
    with asked("json") as client:
        release = client.get("/health/ready").json()["release"]
        answers = [
            client.get("/v1/products/p01/similar?user_id=u1", headers={"x-request-id": "mine"}),
            client.get("/v1/products/p01/similar?user_id=u1"),
            client.get("/v1/products/secret-product"),
            client.get("/v1/search?q=x&mispelt=1"),
            client.get("/nothing/for/someone"),
            client.delete("/v1/users/someone"),
        ]
    told = lines(caplog)[1:]
    assert [(line["method"], line["route"], line["status"]) for line in told] == [
        ("GET", "/v1/products/{product_id}/similar", 200),
        ("GET", "/v1/products/{product_id}/similar", 200),
        ("GET", "/v1/products/{product_id}", 404),
        ("GET", "/v1/search", 400),
        ("GET", "other", 404),
        ("DELETE", "/v1/users/{user_id}", answers[-1].status_code),
    ]
    assert [line["request_id"] for line in told] == [answer.headers["x-request-id"] for answer in answers]
    assert told[0]["request_id"] == "mine"
    assert {line["release"] for line in told} == {release}
    assert all(0 < line["duration_ms"] < 60_000 for line in told)
    assert {line["level"] for line in told} == {"INFO"}
    written = json.dumps(told)
    assert not [word for word in ("p01", "u1", "secret", "mispelt", "someone", "testclient") if word in written]


def test_text_has_no_line_a_request(asked: Asked, caplog: pytest.LogCaptureFixture) -> None:
    """The default."""
    with asked("text") as client:
        client.get("/v1/products/p01")
    assert [record.getMessage() for record in caplog.records if record.name == "serving.requests"] == []


@pytest.mark.parametrize("form", ["text", "json"])
def test_a_failure_is_logged_by_its_request_and_names_nobody(
    asked: Asked, settings: ServingSettings, caplog: pytest.LogCaptureFixture, form: str
) -> None:
    """A store that has lost its tables: the id, the route and the cause; neither path nor values of the statement."""
    with asked(form) as client:
        engine = sa.create_engine(settings.store_url)
        with engine.begin() as connection:
            for table in sa.inspect(engine).get_table_names():
                connection.execute(sa.text(f'DROP TABLE "{table}"'))
        engine.dispose()
        answer = client.delete("/v1/users/u-secret", headers={"x-request-id": "my-id"})
    assert answer.status_code == 500
    (failed,) = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert failed.getMessage() == "request my-id to /v1/users/{user_id} failed"
    line = json.loads(JsonLines().format(failed))
    assert (line["request_id"], line["route"]) == ("my-id", "/v1/users/{user_id}")
    assert "no such table" in line["error"]
    assert "u-secret" not in json.dumps(line)


def test_a_line_is_json_whatever_is_in_it() -> None:
    """Several lines of a message, and a field that is no JSON."""
    record = logging.LogRecord("a.b", logging.WARNING, __file__, 1, "two\nlines of %s", ("'x'",), None)
    setattr(record, FIELDS, {"path": Path("x")})
    text = JsonLines().format(record)
    assert "\n" not in text
    line = json.loads(text)
    assert (line["level"], line["logger"], line["message"], line["path"]) == (
        "WARNING",
        "a.b",
        "two\nlines of 'x'",
        "x",
    )
