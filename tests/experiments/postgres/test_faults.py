"""PostgreSQL down, slow, frozen, restarted: clear errors in time, the rest serves, no restart is needed."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from tests.experiments.postgres.conftest import Serve, Site
from tests.postgres import PASSWORD, Postgres

JOBS = "/v4/experiments/a001/jobs"
RUNS = "/v4/experiments/a001/runs"
UNREADABLE = (503, "The experiment database cannot be read")
LIMIT_SECONDS = 5


def in_time(site: Site, path: str) -> tuple[int, str]:
    """Status and message of an answer that comes within the limit."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(site.refusal, path).result(LIMIT_SECONDS)


def test_a_restart_is_not_noticed(own_server: Postgres, serve: Serve) -> None:
    site = serve(own_server)
    before = site.get(RUNS)
    own_server.stop()
    own_server.start()
    assert site.get(RUNS) == before
    assert site.get("/v4/experiments/c006/jobs")["pagination"]["total_items"] == 2


def test_while_it_is_down_the_rest_serves_and_it_is_read_again_when_it_is_back(
    own_server: Postgres, serve: Serve, caplog: pytest.LogCaptureFixture
) -> None:
    site = serve(own_server)
    jobs = site.get(JOBS)
    own_server.stop()
    for path in (JOBS, RUNS, "/v4/experiments", "/v4/experiments/a001/filesystem-config"):
        assert in_time(site, path) == UNREADABLE
    answer = site.client.get(JOBS)
    assert answer.headers["retry-after"] == "1"
    assert site.get("/")
    assert site.get("/health")
    ready = site.client.get("/health/ready").text
    assert PASSWORD not in ready + caplog.text
    own_server.start()
    wait_until_well(site, JOBS)
    assert site.get(JOBS) == jobs


def test_it_may_be_down_when_the_server_starts(own_server: Postgres, serve: Serve) -> None:
    own_server.stop()
    own_server.start()
    site = serve(own_server)
    own_server.stop()
    assert in_time(site, JOBS) == UNREADABLE
    own_server.start()
    wait_until_well(site, JOBS)


def test_while_it_is_frozen_many_get_their_error_in_time(own_server: Postgres, serve: Serve) -> None:
    site = serve(own_server)
    site.get(JOBS)
    own_server.freeze(frozen=True)
    try:
        with ThreadPoolExecutor(24) as threads:
            began = time.monotonic()
            answers = [threads.submit(site.refusal, path) for path in [JOBS, RUNS, "/v4/experiments"] * 8]
            root = threads.submit(site.get, "/").result(LIMIT_SECONDS)
            found = [answer.result(LIMIT_SECONDS - (time.monotonic() - began)) for answer in answers]
    finally:
        own_server.freeze(frozen=False)
    assert root
    assert set(found) == {UNREADABLE}
    wait_until_well(site, JOBS)
    wait_until_well(site, RUNS)


def test_a_locked_table_delays_its_own_experiment_alone(postgres: Postgres, serve: Serve) -> None:
    site = serve(postgres, database_seconds=0.5)
    with site.database.transaction():
        site.database.execute("LOCK TABLE a001.experiment_run IN ACCESS EXCLUSIVE MODE")
        answer = site.client.get(RUNS)
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
        assert site.get("/v4/experiments/t002/runs")["runs"]
        assert site.get("/v4/experiments/c006/jobs")["jobs"]
    assert len(site.get(RUNS)["runs"]) == 2


def test_a_connection_that_is_cut_is_replaced(site: Site) -> None:
    before = site.get(RUNS)
    site.database.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'mestral' "
        "AND datname = current_database()"
    )
    assert site.get(RUNS) == before


def test_connections_are_few_and_given_back(postgres: Postgres, serve: Serve) -> None:
    site = serve(postgres, database_connections=2)
    paths = [JOBS, RUNS, "/v4/experiments?only_active=false", "/v4/experiments/c006/jobs"] * 10
    with ThreadPoolExecutor(20) as threads:
        assert [answer.status_code for answer in threads.map(site.client.get, paths)] == [200] * len(paths)
    assert 1 <= connections(site) <= 4, "two of the front, two of the reader"
    site.client.__exit__(None, None, None)
    for _ in range(100):
        if not connections(site):
            return
        threading.Event().wait(0.05)
    raise AssertionError("connections are left open")


def connections(site: Site) -> int:
    statement = (
        "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'mestral' "
        "AND datname = current_database()"
    )
    ((count,),) = site.database.execute(statement).fetchall()
    return int(count)


def wait_until_well(site: Site, path: str) -> None:
    answer: Any = None
    for _ in range(100):
        answer = site.client.get(path)
        if answer.status_code == 200:
            return
        threading.Event().wait(0.1)
    raise AssertionError(answer.text)
