"""Traces as a collector gets them (OTLP over HTTP, protobuf), and what is said where none can be made."""

import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from tests.probe import Server, ask, serving

TRACE = "0af7651916cd43dd8448eb211c80319c"
PARENT = "b7ad6b7169203331"
HIDE = "import sys; sys.modules['opentelemetry'] = None; from mestral.cli import main; main()"
"""A `mestral` where OpenTelemetry is not installed."""


class Collector:
    """Takes what is exported.

    Attributes:
        url: Its address.
        bodies: Every message, as it came.
    """

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.bodies: list[bytes] = []

    @property
    def resources(self) -> list[Any]:
        """Spans by program, decoded."""
        decoder = pytest.importorskip("opentelemetry.proto.collector.trace.v1.trace_service_pb2")
        requests = [decoder.ExportTraceServiceRequest.FromString(body) for body in self.bodies]
        return [resource for request in requests for resource in request.resource_spans]

    @property
    def spans(self) -> list[Any]:
        """Every span."""
        scopes = [scope for resource in self.resources for scope in resource.scope_spans]
        return [span for scope in scopes for span in scope.spans]

    def span(self, request_id: str) -> Any:
        """The span of one request."""
        [found] = [span for span in self.spans if attributes(span).get("mestral.request_id") == request_id]
        return found

    def below(self, span: Any) -> list[Any]:
        """Its children."""
        return [other for other in self.spans if other.parent_span_id == span.span_id]


@contextmanager
def collecting(port: int = 0) -> Iterator[Collector]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            if self.path == "/v1/traces" and self.headers["content-type"] == "application/x-protobuf":
                collector.bodies.append(body)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", port), Handler) as server:
        collector = Collector(server.server_port)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield collector
        finally:
            server.shutdown()
            thread.join()


def attributes(of: Any) -> dict[str, Any]:
    """Attributes of a span or a resource."""
    return {item.key: getattr(item.value, item.value.WhichOneof("value")) for item in of.attributes}


def telemetry(url: str) -> str:
    return f'[telemetry]\notlp_endpoint = "{url}"\n'


def end(server: Server) -> None:
    """End it as a service manager does; it sends what is left."""
    server.process.send_signal(signal.SIGTERM)
    assert server.process.wait(60) == 0


def traced(request_id: str, flags: str = "01") -> dict[str, str]:
    return {"traceparent": f"00-{TRACE}-{PARENT}-{flags}", "X-Request-ID": request_id}


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Collector]:
    """What was exported for some requests by a server that has ended since."""
    pytest.importorskip("opentelemetry.sdk", reason="needs mestral[otel]")
    folder = tmp_path_factory.mktemp("traced")
    with collecting() as collector, serving(folder, config=telemetry(collector.url)) as server:
        for method, path, headers, status in (
            ("GET", "/x/probe/made/a000?ticket=ST-1", traced("one"), 200),
            ("GET", "/x/probe/made/a000", {"X-Request-ID": "kept"}, 200),
            ("GET", "/x/probe/made/crash", {"X-Request-ID": "failed"}, 500),
            ("GET", "/ST-1/ST-1", {"X-Request-ID": "stray"}, 404),
            ("PROPFIND", "/x/probe/made/a000", {"X-Request-ID": "strange"}, 405),
            ("GET", "/x/probe/made/a000", traced("unsampled", flags="00"), 200),
        ):
            assert ask(server.address(), method, path, headers)[0] == status
        end(server)
        yield collector


def test_request_is_a_span_of_the_trace_that_its_client_began(exported: Collector) -> None:
    span = exported.span("one")
    assert (span.trace_id.hex(), span.parent_span_id.hex()) == (TRACE, PARENT)
    assert span.name == "GET /x/probe/made/{name}"
    assert span.kind == span.SpanKind.Value("SPAN_KIND_SERVER")
    assert attributes(span).items() >= {
        ("http.request.method", "GET"),
        ("http.route", "/x/probe/made/{name}"),
        ("http.response.status_code", 200),
        ("mestral.plugin", "probe"),
    }
    assert 0 < span.end_time_unix_nano - span.start_time_unix_nano < 60e9


def test_job_of_a_reader_is_a_child_of_its_request(exported: Collector) -> None:
    span = exported.span("one")
    [job] = exported.below(span)
    assert job.name == "reader job"
    assert job.trace_id == span.trace_id
    found = attributes(job)
    assert (found["mestral.plugin"], found["mestral.outcome"]) == ("probe", "rendered")
    assert found["mestral.render"] == "mestral_probe:render_made"
    assert span.start_time_unix_nano <= job.start_time_unix_nano < job.end_time_unix_nano
    assert job.end_time_unix_nano <= span.end_time_unix_nano


def test_request_without_a_trace_begins_one(exported: Collector) -> None:
    span = exported.span("kept")
    assert span.parent_span_id == b""
    assert span.trace_id.hex() != TRACE
    assert exported.below(span) == []  # it came from the cache


def test_failure_is_told(exported: Collector) -> None:
    span = exported.span("failed")
    [job] = exported.below(span)
    assert attributes(job)["mestral.outcome"] == "failed"
    for failed in (span, job):
        assert failed.status.code == failed.status.STATUS_CODE_ERROR
    fine = exported.span("stray")
    assert fine.status.code == fine.status.STATUS_CODE_UNSET


def test_method_that_nobody_knows_is_no_value(exported: Collector) -> None:
    found = attributes(exported.span("strange"))
    assert (found["http.request.method"], found["http.response.status_code"]) == ("other", 405)


def test_client_that_does_not_sample_gets_no_spans(exported: Collector) -> None:
    assert "unsampled" not in {attributes(span).get("mestral.request_id") for span in exported.spans}


def test_no_path_and_no_query_string_is_exported(exported: Collector) -> None:
    assert exported.span("stray").name == "unmatched"
    assert "http.route" not in attributes(exported.span("stray"))
    assert exported.bodies
    for secret in (b"ST-1", b"a000", b"PROPFIND"):
        assert not any(secret in body for body in exported.bodies)


def test_spans_say_which_program_made_them(exported: Collector) -> None:
    names = {attributes(resource.resource)["service.name"] for resource in exported.resources}
    assert names == {"mestral"}


def test_collector_that_does_not_answer_costs_no_answer_and_does_not_keep_the_server(tmp_path: Path) -> None:
    pytest.importorskip("opentelemetry.sdk", reason="needs mestral[otel]")
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        nobody.listen()  # takes connections, and never answers
        url = f"http://127.0.0.1:{nobody.getsockname()[1]}"
        with serving(tmp_path, config=telemetry(url)) as server:
            for _ in range(3):
                assert ask(server.address(), "GET", "/x/probe/open")[0] == 200
            server.process.send_signal(signal.SIGTERM)
            assert server.process.wait(60) == 0
            assert f"{url}/v1/traces did not take the last spans" in server.log


def test_collector_that_is_away_is_told_once_and_so_is_its_return(tmp_path: Path) -> None:
    pytest.importorskip("opentelemetry.sdk", reason="needs mestral[otel]")
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        port = nobody.getsockname()[1]
    patience = ("env", "OTEL_BSP_SCHEDULE_DELAY=50", "OTEL_EXPORTER_OTLP_TRACES_TIMEOUT=0.2")
    with serving(tmp_path, config=telemetry(f"http://127.0.0.1:{port}"), by=patience) as server:
        lost = "spans are lost until"

        def lines() -> int:
            ask(server.address(), "GET", "/x/probe/open")
            time.sleep(0.3)
            return len(re.findall(r" (?:mestral\.telemetry|opentelemetry)\S*: ", server.log))

        while lost not in server.log:
            lines()
        told = lines()
        assert [lines() for _ in range(5)] == [told] * 5
        with collecting(port) as collector:
            while not collector.bodies:
                lines()
            server.wait_for(r"INFO mestral.telemetry.tracing: \S+ takes spans again")
        assert server.log.count(lost) == 1


def test_what_is_off_is_not_imported(tmp_path: Path) -> None:
    # Litestar imports OpenTelemetry's API, when it is there, for a plugin of its own: the SDK is what costs.
    program = (
        "import sys; from pathlib import Path; from mestral.app import build_app; "
        "from mestral.settings import load_settings; "
        f"settings = load_settings(environ={{'HOME': {str(tmp_path)!r}}}); build_app(settings); "
        "sys.exit(any(name.startswith('opentelemetry.sdk') for name in sys.modules))"
    )
    subprocess.run([sys.executable, "-c", program], check=True, cwd=tmp_path)


def without_otel(folder: Path, config: str, **environ: str) -> "subprocess.CompletedProcess[str]":
    """`mestral config check` where OpenTelemetry is not installed."""
    file = folder / "mestral.toml"
    file.write_text(f'state_dir = "{folder}/state"\n[plugins]\nonly = []\n{config}')
    kept = {name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ}
    return subprocess.run(
        [sys.executable, "-c", HIDE, "--config", str(file), "config", "check"],
        env={**kept, "HOME": str(folder), **environ},
        capture_output=True,
        text=True,
        check=False,
    )


def test_configured_and_not_installed_is_an_error_with_the_remedy(tmp_path: Path) -> None:
    found = without_otel(tmp_path, telemetry("http://localhost:4318"))
    said = " ".join((found.stdout + found.stderr).split())
    assert found.returncode != 0
    assert "otlp_endpoint" in said
    assert "pip install 'mestral[otel]'" in said


def test_variable_meant_for_every_program_is_a_warning_where_it_is_not_installed(tmp_path: Path) -> None:
    found = without_otel(tmp_path, "", OTEL_EXPORTER_OTLP_ENDPOINT="http://localhost:4318")
    said = " ".join((found.stdout + found.stderr).split())
    assert found.returncode == 0, said
    assert "pip install 'mestral[otel]'" in said
