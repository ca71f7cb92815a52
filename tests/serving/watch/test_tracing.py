"""Spans of requests, as a collector receives them."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from resources.settings import Settings
from serving.release.reload import ReleaseSource
from serving.settings import ServingSettings, SettingsError

needs_otel = pytest.mark.skipif(
    find_spec("opentelemetry.exporter") is None, reason="the extra 'otel' is not installed: run make setup"
)
TRACE, PARENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"


class Collector(HTTPServer):
    """Takes OTLP over HTTP and keeps what it got."""

    def __init__(self) -> None:
        """Listen on a free port."""
        super().__init__(("127.0.0.1", 0), Taker)
        self.bodies: list[bytes] = []
        self.address = f"http://127.0.0.1:{self.server_port}"

    def spans(self) -> list[Any]:
        """All spans."""
        return [span for scope in self.scopes() for span in scope.spans]

    def scopes(self) -> list[Any]:
        """Spans by who made them."""
        return [scope for sent in self.resources() for scope in sent.scope_spans]

    def resources(self) -> list[Any]:
        """Spans by the service that they are of."""
        from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

        return [sent for body in self.bodies for sent in ExportTraceServiceRequest.FromString(body).resource_spans]


class Taker(BaseHTTPRequestHandler):
    """Answers 200."""

    server: Collector

    def do_POST(self) -> None:
        """Keep the body of what is sent to the path for traces."""
        assert self.path == "/v1/traces"
        self.server.bodies.append(self.rfile.read(int(self.headers["content-length"])))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture
def collector() -> Iterator[Collector]:
    """One that runs."""
    server = Collector()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


Traced = Callable[..., Any]


@pytest.fixture
def traced(
    settings: ServingSettings,
    source: ReleaseSource,
    promote: Callable[[str, Path], None],
    bare_release: Path,
    answering: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
) -> Traced:
    """A client of an API that sends its spans to an address; they have arrived when it has ended."""
    for name in ("OTEL_SERVICE_NAME", "OTEL_RESOURCE_ATTRIBUTES", "OTEL_TRACES_SAMPLER"):
        monkeypatch.delenv(name, raising=False)
    promote("1", bare_release)

    @contextmanager
    def made(address: str) -> Iterator[Any]:
        with answering(replace(settings, otlp_endpoint=address), source) as client:
            yield client

    return made


def attributes(span: Any) -> dict[str, Any]:  # noqa: ANN401  # protobuf's own
    """Name → value."""
    return {one.key: one.value.string_value or one.value.int_value for one in span.attributes}


@needs_otel
def test_a_span_a_request(traced: Traced, collector: Collector) -> None:
    """By its route, with id, status and release; the caller's trace goes on; nothing names what was asked for."""
    with traced(collector.address) as client:
        release = client.get("/v1/release").json()["release"]
        headers = {"traceparent": f"00-{TRACE}-{PARENT}-01", "x-request-id": "mine"}
        client.get("/v1/products/p01/similar?user_id=u-secret", headers=headers)
        client.get("/v1/products/p-secret")
        client.get("/nowhere/secret")
    spans = {span.name: span for span in collector.spans()}
    similar = spans["GET /v1/products/{product_id}/similar"]
    assert (similar.trace_id.hex(), similar.parent_span_id.hex()) == (TRACE, PARENT)
    assert attributes(similar) == {
        "http.request.method": "GET",
        "http.route": "/v1/products/{product_id}/similar",
        "http.response.status_code": 200,
        "upshelf.request_id": "mine",
        "upshelf.release": release,
    }
    assert similar.end_time_unix_nano > similar.start_time_unix_nano
    product = spans["GET /v1/products/{product_id}"]
    assert (product.parent_span_id, attributes(product)["http.response.status_code"]) == (b"", 404)
    assert attributes(spans["GET other"])["http.response.status_code"] == 404
    assert b"secret" not in b"".join(collector.bodies)
    (name,) = {one.value.string_value for one in collector.resources()[0].resource.attributes}
    assert name == "upshelf"


@needs_otel
def test_a_caller_that_does_not_sample_is_followed(traced: Traced, collector: Collector) -> None:
    """The last figure of traceparent is 0: no span; one that is no traceparent begins a new trace."""
    with traced(collector.address) as client:
        client.get("/v1/release", headers={"traceparent": f"00-{TRACE}-{PARENT}-00"})
        client.get("/v1/products/p01", headers={"traceparent": "what"})
    names = [span.name for span in collector.spans()]
    assert "GET /v1/release" not in names
    assert "GET /v1/products/{product_id}" in names


@needs_otel
def test_the_service_has_the_name_that_the_environment_gives(
    traced: Traced, collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    """OpenTelemetry's own variable."""
    monkeypatch.setenv("OTEL_SERVICE_NAME", "shop-api")
    with traced(collector.address) as client:
        client.get("/v1/release")
    assert "shop-api" in {one.value.string_value for one in collector.resources()[0].resource.attributes}


@needs_otel
def test_without_a_collector_the_api_answers_and_ends(traced: Traced, caplog: pytest.LogCaptureFixture) -> None:
    """Nobody listens: requests are answered, the end waits for no more than a batch may take, and the log says it."""
    with traced("http://127.0.0.1:9") as client:
        assert client.get("/v1/release").status_code == 200
        ended = time.monotonic()
    assert time.monotonic() - ended < 10
    assert any("opentelemetry" in record.name for record in caplog.records)


def test_without_the_extra_the_api_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """In one line, as any setting that cannot be used; without the variable nothing is asked for."""

    def find_nothing(name: str) -> None:
        raise ModuleNotFoundError(name)

    monkeypatch.setattr("serving.settings.find_spec", find_nothing)
    installation = Settings.from_env({})
    with pytest.raises(SettingsError, match="extra 'otel'"):
        ServingSettings.from_env(installation, {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://x:4318"})
    assert ServingSettings.from_env(installation, {"OTEL_EXPORTER_OTLP_ENDPOINT": ""}).otlp_endpoint is None
