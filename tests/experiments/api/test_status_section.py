"""Experiments running now, as the status page of core shows them."""

from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from litestar.testing import TestClient
from tests.experiments.api.conftest import Serve, serve_tree
from tests.experiments.api.tree import execute, make_tree, write_run
from tests.experiments.sources.making import settle

HTML = {"Accept": "text/html"}
EVIL = "<script>alert('x')</script>"
ESCAPED = "&lt;script&gt;alert(&#x27;x&#x27;)&lt;/script&gt;"


def test_running_experiments_link_to_their_resources(client: TestClient[Any]) -> None:
    answer = client.get("/", headers=HTML)
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "2 experiments are running." in answer.text
    for expid in ("t002", "c006"):
        path = f"/v4/experiments/{expid}"
        assert f'<a href="{path}">{expid}</a>' in answer.text
        assert client.get(path).json()["name"] == expid
    assert ">a001<" not in answer.text
    assert "Test of 100% and_more" in answer.text
    etag = answer.headers["etag"]
    assert client.get("/", headers={**HTML, "If-None-Match": etag}).status_code == 304


@pytest.mark.parametrize(("level", "shown"), [("NONE", True), ("WRITEONLY", True), ("ALL", False)])
def test_only_those_who_may_read_see_them(tree: Path, tmp_path: Path, level: str, shown: bool) -> None:
    with ExitStack() as stack:
        client = serve_tree(stack, tree, tmp_path / "state", level)
        assert client.get("/v3/running").status_code == (200 if shown else 401)
        text = client.get("/", headers=HTML).text
        for word in ("t002", "running", "experiments"):
            assert (word in text) == shown


def test_what_the_databases_say_is_text(tmp_path: Path, serve: Serve) -> None:
    rc_file = make_tree(tmp_path)
    execute(tmp_path / "autosubmit.db", "UPDATE experiment SET description = ?, name = ?", [(EVIL, EVIL)])
    execute(tmp_path / "autosubmit.db", "UPDATE details SET user = ?, hpc = ?", [(EVIL, EVIL)])
    execute(tmp_path / "as_times.db", "UPDATE experiment_status SET name = ?", [(EVIL,)])
    settle(tmp_path)
    text = serve(rc_file).get("/", headers=HTML).text
    assert "<script" not in text
    assert text.count(f">{ESCAPED}<") >= 6
    assert 'href="/v4/experiments/%3Cscript%3Ealert%28%27x%27%29%3C%2Fscript%3E"' in text


def test_none_one_and_news(tmp_path: Path, serve: Serve) -> None:
    rc_file = make_tree(tmp_path)
    times = tmp_path / "as_times.db"
    client = serve(rc_file)
    execute(times, "UPDATE experiment_status SET status = 'NOT RUNNING'")
    before = client.get("/", headers=HTML)
    assert "No experiment is running." in before.text
    execute(times, "UPDATE experiment_status SET status = 'RUNNING' WHERE exp_id = 1")
    write_run(tmp_path, "a001", 1200, 3000, 1, 0, 5, 0, 0)
    after = client.get("/", headers={**HTML, "If-None-Match": before.headers["etag"]})
    assert after.status_code == 200
    assert "One experiment is running." in after.text
    for number in ("3,000", "1,200", "5"):
        assert f'class="number">{number}</td>' in after.text
    assert "✕</span> 1</span>" in after.text


def test_a_status_that_cannot_be_read_is_not_taken_for_idle(tmp_path: Path, serve: Serve) -> None:
    rc_file = make_tree(tmp_path)
    (tmp_path / "as_times.db").write_bytes(b"no database" * 1000)
    answer = serve(rc_file).get("/", headers=HTML)
    assert answer.status_code == 200
    assert "The status of experiments cannot be read" in answer.text
    assert "No experiment is running." not in answer.text


def test_a_main_database_that_is_gone_costs_the_section_alone(tmp_path: Path, serve: Serve) -> None:
    rc_file = make_tree(tmp_path)
    (tmp_path / "autosubmit.db").unlink()
    answer = serve(rc_file).get("/", headers=HTML)
    assert answer.status_code == 200
    assert "Degraded" in answer.text
    assert str(tmp_path) not in answer.text


def test_what_readers_do_for_it_is_counted_for_this_plugin(tree: Path, tmp_path: Path) -> None:
    with ExitStack() as stack:
        client = serve_tree(stack, tree, tmp_path / "state", **{"metrics.access": "public"})
        assert "2 experiments are running." in client.get("/", headers=HTML).text
        jobs = [
            line for line in client.get("/metrics").text.splitlines() if "mestral_reader_jobs_total{" in line
        ]
    assert jobs
    assert all('plugin="experiments"' in line for line in jobs)
