"""Spans, and how they get to the collector (OTLP over HTTP, as protobuf).

Guarantees: a trace that the client began (`traceparent`, W3C Trace Context) goes on. Spans are sent by a
thread of their own; a collector that does not answer costs spans, never an answer, and the log says so once.
Names and attributes hold route templates, no query string and no path. Sampling, headers and the name of the
service are set by the variables of OpenTelemetry (`OTEL_TRACES_SAMPLER`, `OTEL_SERVICE_NAME`, ...).
"""

import logging
import time
from collections.abc import Mapping, Sequence

from opentelemetry import context as contexts
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http import trace_exporter
from opentelemetry.sdk.resources import SERVICE_NAME, SERVICE_VERSION, Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.trace import Span, SpanKind, Status, StatusCode, set_span_in_context
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from mestral import __version__
from mestral.http.report import RequestReport
from mestral.readers.report import JobReport
from mestral.readers.threads import CallTookTooLong, Threads

logger = logging.getLogger(__name__)

_FLUSH_SECONDS = 5.0
_UNNAMED = "unknown_service"  # what the SDK says when nobody named the service
_NS = 1_000_000_000

_W3C = TraceContextTextMapPropagator()


class Tracing:
    """The traces of one app. Nothing runs, and no span is kept, before `start`.

    Args:
        endpoint: `telemetry.otlp_endpoint`: spans are sent to `v1/traces` below it.
    """

    def __init__(self, endpoint: str) -> None:
        self._endpoint = f"{endpoint.rstrip('/')}/v1/traces"
        self._provider = TracerProvider(resource=_resource(), shutdown_on_exit=False)
        self._tracer = self._provider.get_tracer("mestral", __version__)

    def start(self) -> None:
        """Begin to send."""
        self._provider.add_span_processor(BatchSpanProcessor(_Export(self._endpoint)))

    async def stop(self) -> None:
        """Send what is left, for a few seconds at most."""
        threads = Threads(1, "mestral telemetry")
        try:
            await threads.run(self._provider.shutdown, _FLUSH_SECONDS)
        except CallTookTooLong:
            logger.warning("%s did not take the last spans in %g seconds", self._endpoint, _FLUSH_SECONDS)
        finally:
            threads.close()

    def begin(self, headers: Mapping[bytes, bytes]) -> Span:
        """The span of a request that arrives; spans of what is done for it are below it."""
        carrier = {
            name: headers[name.encode()].decode("latin-1")
            for name in ("traceparent", "tracestate")
            if name.encode() in headers
        }
        parent = _W3C.extract(carrier, Context())
        span = self._tracer.start_span("request", parent, SpanKind.SERVER)
        contexts.attach(set_span_in_context(span, parent))  # for this request's task, which ends with it
        return span

    def end(self, span: Span, report: RequestReport, request_id: str) -> None:
        """Its answer has ended."""
        span.update_name(f"{report.known_method} {report.route}" if report.route else "unmatched")
        span.set_attributes(
            {
                "http.request.method": report.known_method,
                **({"http.route": report.route} if report.route else {}),
                "http.response.status_code": report.status,
                "http.response.body.size": report.size,
                "mestral.plugin": report.plugin,
                "mestral.request_id": request_id,
            }
        )
        if report.status >= 500:
            span.set_status(Status(StatusCode.ERROR))
        span.end()

    def job(self, report: JobReport) -> None:
        """A reader's job has ended: a span below that of the request which asked for it first."""
        span = self._tracer.start_span(
            "reader job",
            start_time=report.asked_ns,
            attributes={
                "mestral.plugin": report.plugin,
                "mestral.render": report.render,
                "mestral.outcome": report.outcome,
                "mestral.wait_seconds": report.waited,
                "mestral.parse_seconds": report.parse_seconds,
            },
        )
        if report.outcome not in ("rendered", "refused"):
            span.set_status(Status(StatusCode.ERROR, report.outcome))
        span.end(min(time.time_ns(), report.asked_ns + int((report.waited + report.seconds) * _NS)))


class _Export(SpanExporter):
    """OpenTelemetry's exporter, whose log says of a collector that it is away and that it is back, each once.

    Without this each batch, one in a few seconds, would write four lines as long as it is away.
    """

    def __init__(self, endpoint: str) -> None:
        self._endpoint = endpoint
        self._exporter = trace_exporter.OTLPSpanExporter(endpoint=endpoint)
        self._away = False
        self._log = logging.getLogger(trace_exporter.__name__)
        self._log.addFilter(self._first)

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Send them."""
        result = self._exporter.export(spans)
        away = result is not SpanExportResult.SUCCESS
        if away and not self._away:
            logger.warning("spans are lost until %s takes them; this is said once", self._endpoint)
        elif self._away and not away:
            logger.info("%s takes spans again", self._endpoint)
        self._away = away
        return result

    def shutdown(self) -> None:
        """Give up what is being sent."""
        self._exporter.shutdown()  # type: ignore[no-untyped-call]
        self._log.removeFilter(self._first)

    def _first(self, record: logging.LogRecord) -> bool:
        return not self._away


def _resource() -> Resource:
    found = Resource.create({SERVICE_VERSION: __version__})
    if str(found.attributes.get(SERVICE_NAME, _UNNAMED)).startswith(_UNNAMED):
        found = found.merge(Resource({SERVICE_NAME: "mestral"}))
    return found
