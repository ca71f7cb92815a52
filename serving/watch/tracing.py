"""A span for each request, sent to an OpenTelemetry collector.

What belongs here: spans and where they go. The packages of the extra ``otel`` are imported when tracing begins; whether
they are there is asked by `serving.settings`. OpenTelemetry's own variables set the rest, and its SDK reads them:
``OTEL_TRACES_SAMPLER``, ``OTEL_EXPORTER_OTLP_HEADERS``, ``OTEL_SERVICE_NAME``.
"""

from typing import Final

from serving.watch.answered import Answered, Ending, Headers

__all__ = ["Tracing"]

_TIMEOUT_SECONDS = 3
"""How long a collector may take for a batch; what it does not take is dropped, so that the API can end."""
_CONTEXT: Final = frozenset({b"traceparent", b"tracestate"})


class Tracing:
    """Begins a span with a request and ends it with its answer; a caller's ``traceparent`` is its parent.

    Args:
        endpoint: Base address of a collector that takes OTLP over HTTP, such as ``http://collector:4318``.
    """

    def __init__(self, endpoint: str) -> None:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import OTELResourceDetector, Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
        from opentelemetry.trace import SpanKind, Status, StatusCode
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

        resource = Resource({"service.name": "upshelf"}).merge(OTELResourceDetector().detect())
        # A provider of its own: the global one may be that of another library in this process.
        self._provider = TracerProvider(resource=resource)
        exporter = OTLPSpanExporter(f"{endpoint.rstrip('/')}/v1/traces", timeout=_TIMEOUT_SECONDS)
        self._provider.add_span_processor(BatchSpanProcessor(exporter))
        self._tracer = self._provider.get_tracer("upshelf")
        self._propagator, self._server = TraceContextTextMapPropagator(), SpanKind.SERVER
        self._failed = Status(StatusCode.ERROR)

    def begin(self, headers: Headers) -> Ending:
        """Start the span of a request."""
        carrier = {name.decode(): value.decode("latin-1") for name, value in headers if name in _CONTEXT}
        parent = self._propagator.extract(carrier) if carrier else None
        # The route is known once the request has been answered.
        span = self._tracer.start_span("request", parent, self._server)

        def end(told: Answered) -> None:
            if span.is_recording():
                span.update_name(f"{told.method} {told.route}")
                span.set_attributes(
                    {
                        "http.request.method": told.method,
                        "http.route": told.route,
                        "http.response.status_code": told.status,
                        "upshelf.request_id": told.request_id,
                        "upshelf.release": told.release or "",
                    }
                )
                if told.status >= 500:
                    span.set_status(self._failed)
            span.end()

        return end

    def close(self) -> None:
        """Send what is left."""
        self._provider.shutdown()
