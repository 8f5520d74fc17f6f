"""`/metrics` as Prometheus reads it: who may, what is counted, and that no client makes a label."""

import os
import re
import signal
import socket
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

import pytest
from prometheus_client import Metric
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families
from tests.http.conftest import MakeClient
from tests.probe import SECRET_TOKEN, Server, ask, serving

SCRAPER = "a-token-for-the-scraper-alone"
TOKEN = {"Authorization": f"Bearer {SECRET_TOKEN}"}

Labels = frozenset[tuple[str, str]]


class Metrics:
    """One answer of `/metrics`."""

    def __init__(self, text: str) -> None:
        self.families: Sequence[Metric] = list(text_string_to_metric_families(text))
        self.samples = {
            (sample.name, frozenset(sample.labels.items())): sample.value
            for family in self.families
            for sample in family.samples
        }

    def value(self, name: str, **labels: str) -> float:
        """The sum of all samples with these labels, and others."""
        wanted = labels.items()
        return sum(value for (found, have), value in self.samples.items() if found == name and have >= wanted)

    def labels(self, name: str) -> list[dict[str, str]]:
        """The labels of every sample of this name."""
        return [dict(have) for found, have in self.samples if found == name]

    @property
    def series(self) -> set[tuple[str, Labels]]:
        """What there is, without values."""
        return set(self.samples)


def scrape(address: tuple[str, int]) -> Metrics:
    status, headers, body = ask(address, "GET", "/metrics", TOKEN)
    assert status == 200, body
    # What Go's mime.ParseMediaType takes: a parameter given twice is an error, and the scrape fails.
    assert headers["content-type"].count("charset=") == 1
    return Metrics(body.decode())


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("metrics")) as server:
        yield server


def test_requests_are_counted_by_method_route_plugin_and_status(server: Server) -> None:
    address = server.address()
    before = scrape(address)
    item = {"method": "GET", "route": "/x/probe/items/{name}", "plugin": "probe"}
    for name in ("a", "b"):
        assert ask(address, "GET", f"/x/probe/items/{name}", TOKEN)[0] == 200
    assert ask(address, "GET", "/x/probe/items/a")[0] == 401
    assert ask(address, "GET", "/x/probe/items/a?page=x", TOKEN)[0] == 422
    assert ask(address, "GET", "/x/probe/crash")[0] == 500
    size = len(ask(address, "GET", "/x/probe/open")[2])
    after = scrape(address)

    def grown(name: str, **labels: str) -> float:
        return after.value(name, **labels) - before.value(name, **labels)

    assert grown("mestral_http_requests_total", **item, status="200") == 2
    assert grown("mestral_http_requests_total", **item, status="401") == 1
    assert grown("mestral_http_requests_total", **item, status="422") == 1
    assert grown("mestral_http_requests_total", route="/x/probe/crash", status="500") == 1
    assert grown("mestral_http_requests_total", route="/metrics", plugin="core", status="200") == 1
    assert grown("mestral_http_request_duration_seconds_count", **item) == 4
    assert grown("mestral_http_request_duration_seconds_bucket", **item, le="+Inf") == 4
    assert 0 < grown("mestral_http_request_duration_seconds_sum", **item) < 60
    assert grown("mestral_http_response_bytes_total", route="/x/probe/open") == size
    assert after.value("mestral_http_requests_in_flight") == 1  # the scrape


def test_requests_being_answered_are_seen(tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        address = server.address()
        held = threading.Thread(target=ask, args=(address, "GET", "/x/probe/hold?name=one"))
        held.start()
        server.wait_for_file("held-one")
        assert scrape(address).value("mestral_http_requests_in_flight") == 2
        (server.state / "release").touch()
        held.join()
        assert scrape(address).value("mestral_http_requests_in_flight") == 1


def test_no_client_makes_a_series(server: Server) -> None:
    address = server.address()

    def wander(word: str) -> None:
        for number in range(100):
            odd = f"{word}{number}"
            ask(address, "GET", f"/{odd}/{odd}?{odd}={odd}", {"X-Request-ID": odd, "User-Agent": odd})
            ask(address, "GET", f"/x/probe/items/{odd}", TOKEN | {"Origin": f"https://{odd}.example.org"})
            ask(address, "PROPFIND", f"/x/probe/items/{odd}")
            ask(address, "PURGE", f"/{odd}")
        ask(address, "OPTIONS", f"/x/probe/items/{word}")
        ask(address, "HEAD", f"/x/probe/items/{word}", TOKEN)
        ask(address, "DELETE", f"/x/probe/items/{word}")

    wander("alpha")
    scrape(address)
    before = scrape(address)
    wander("omega")
    after = scrape(address)
    assert after.series == before.series
    assert not [key for key in after.series if "alpha" in str(key) or "omega" in str(key)]
    lost = [have for have in after.labels("mestral_http_requests_total") if have["status"] == "404"]
    assert {have["route"] for have in lost} == {"unmatched"}
    assert {have["plugin"] for have in lost} == {"core"}
    methods = {have["method"] for have in after.labels("mestral_http_requests_total")}
    assert methods == {"GET", "HEAD", "OPTIONS", "DELETE", "other"}


def test_readers_are_watched(server: Server) -> None:
    address = server.address()
    before = scrape(address)
    for name, status in (("one", 200), ("two", 200), ("crash", 500)):
        assert ask(address, "GET", f"/x/probe/made/{name}")[0] == status
    found = scrape(address)
    jobs = {"plugin": "probe", "render": "mestral_probe:render_made"}
    for outcome, count in (("rendered", 2), ("failed", 1)):
        name, labels = "mestral_reader_jobs_total", {**jobs, "outcome": outcome}
        assert found.value(name, **labels) - before.value(name, **labels) == count
    assert found.value("mestral_reader_jobs_total") == found.value("mestral_reader_wait_seconds_count")
    assert found.value("mestral_reader_jobs_total") == found.value("mestral_reader_job_seconds_count", **jobs)
    parsing = found.value("mestral_reader_parse_seconds_total", **jobs)
    assert 0.02 <= parsing <= found.value("mestral_reader_job_seconds_sum", **jobs)
    assert found.value("mestral_reader_up", reader="1") == 1
    assert found.value("mestral_reader_busy", reader="1") == 0
    assert found.value("mestral_reader_queue_jobs", reader="1") == 0
    assert found.value("mestral_reader_restarts_total", reader="1") == 0
    assert found.value("mestral_reader_resident_bytes", reader="1") > 5_000_000
    assert found.value("mestral_reader_cpu_seconds_total", reader="1") > 0


def test_what_became_of_questions_to_the_cache_is_counted(server: Server) -> None:
    address = server.address()
    before = scrape(address)
    etag = ask(address, "GET", "/x/probe/made/kept")[1]["etag"]
    for headers, status in (({}, 200), ({}, 200), ({"If-None-Match": etag}, 304)):
        assert ask(address, "GET", "/x/probe/made/kept", headers)[0] == status
    after = scrape(address)

    def grown(**labels: str) -> float:
        name = "mestral_cache_requests_total"
        return after.value(name, **labels) - before.value(name, **labels)

    results = ("hit", "not_modified", "miss")
    assert {result: grown(result=result) for result in results} == {"hit": 2, "not_modified": 1, "miss": 1}
    assert after.value("mestral_cache_bytes") > before.value("mestral_cache_bytes")


def test_reader_that_was_replaced_is_counted(tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        address = server.address()
        for _ in range(200):
            children = (
                Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children").read_text().split()
            )
            if scrape(address).value("mestral_reader_up"):
                break
            time.sleep(0.05)
        os.kill(int(children[0]), signal.SIGKILL)
        for _ in range(200):
            if scrape(address).value("mestral_reader_restarts_total", reader="1"):
                break
            time.sleep(0.05)
        assert scrape(address).value("mestral_reader_restarts_total", reader="1") == 1


def test_plugins_program_and_process_are_told(server: Server) -> None:
    found = scrape(server.address())
    [build] = found.labels("mestral_build_info")
    assert set(build) == {"version", "python"}
    states = {have["plugin"]: have for have in found.labels("mestral_plugin_state")}
    assert states["probe"] == {"plugin": "probe", "version": "0.1", "state": "active", "wanted": "true"}
    assert states["experiments"]["wanted"] == "false"
    assert found.value("process_cpu_seconds_total") > 0
    assert found.value("process_resident_memory_bytes") > 5_000_000


def test_names_and_explanations_are_complete(server: Server) -> None:
    families = [family for family in scrape(server.address()).families if family.name.startswith("mestral_")]
    assert len(families) >= 15
    for family in families:
        assert family.documentation, family.name
        assert re.fullmatch(r"[a-z_]+", family.name)


def test_openmetrics_is_given_to_who_asks_for_it(server: Server) -> None:
    accept = {"Accept": "application/openmetrics-text;version=1.0.0"}
    _, headers, body = ask(server.address(), "GET", "/metrics", TOKEN | accept)
    assert headers["content-type"].startswith("application/openmetrics-text")
    assert headers["content-type"].count("charset=") == 1
    found = parse_openmetrics(body.decode())  # type: ignore[no-untyped-call]
    assert "mestral_http_requests" in {family.name for family in found}


@pytest.mark.parametrize("level", ["ALL", "WRITEONLY", "NONE"])
def test_by_default_a_token_is_needed_at_every_protection_level(make_client: MakeClient, level: str) -> None:
    client = make_client(auth__protection_level=level)
    assert client.get("/metrics").status_code == 401
    assert client.get("/metrics", headers={"Authorization": f"Bearer {SCRAPER}"}).status_code == 401
    assert client.get("/metrics", headers=TOKEN).status_code == 200


def test_token_of_the_scraper_opens_the_metrics_and_no_more(make_client: MakeClient) -> None:
    client = make_client(metrics__token=SCRAPER)
    scraper = {"Authorization": f"Bearer {SCRAPER}"}
    assert client.get("/metrics", headers=scraper).status_code == 200
    assert client.get("/metrics", headers=TOKEN).status_code == 200
    assert client.get("/metrics").status_code == 401
    for path in ("/x/probe/me", "/x/probe/items/a", "/x/probe/operate", "/v4/auth/verify-token"):
        assert client.get(path, headers=scraper).status_code == 401
    assert SCRAPER not in client.get("/metrics", headers=scraper).text


def test_metrics_can_be_public(make_client: MakeClient) -> None:
    client = make_client(metrics__access="public")
    assert client.get("/metrics").status_code == 200
    assert client.get("/x/probe/items/a").status_code == 401


def test_metrics_can_be_off(make_client: MakeClient) -> None:
    client = make_client(metrics__access="off")
    assert client.get("/metrics", headers=TOKEN).status_code == 404
    assert client.get("/x/probe/open").status_code == 200


def test_two_apps_in_one_process_count_apart(make_client: MakeClient) -> None:
    first, second = (make_client(metrics__access="public") for _ in range(2))
    first.get("/x/probe/open")
    counted = [Metrics(client.get("/metrics").text) for client in (first, second)]
    requests = [found.value("mestral_http_requests_total", route="/x/probe/open") for found in counted]
    assert requests == [1, 0]


def test_metrics_are_answered_when_the_limit_of_requests_is_reached(tmp_path: Path) -> None:
    with serving(tmp_path, config="[server]\nmax_requests = 1\n") as server:
        address = server.address()
        held = threading.Thread(target=ask, args=(address, "GET", "/x/probe/hold?name=one"))
        held.start()
        server.wait_for_file("held-one")
        assert ask(address, "GET", "/x/probe/open")[0] == 503
        assert scrape(address).value("mestral_http_requests_total", route="unmatched", status="503") == 1
        (server.state / "release").touch()
        held.join()


def test_metrics_are_answered_while_every_thread_for_handlers_hangs(tmp_path: Path) -> None:
    with serving(tmp_path) as server, ExitStack() as stack:
        address = server.address()
        for _ in range(45):  # Litestar has 40
            connection = stack.enter_context(socket.create_connection(address))
            connection.sendall(b"GET /x/probe/stuck HTTP/1.1\r\nHost: a\r\n\r\n")
        for _ in range(200):
            found = scrape(address)
            if found.value("mestral_http_requests_in_flight") == 46:
                return
            time.sleep(0.05)
        pytest.fail("the requests did not arrive")
