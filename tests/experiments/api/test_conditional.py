"""Every answer is confirmed by 304 while nothing changed, and made anew when something did."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from litestar.testing import TestClient
from tests.experiments.api.conftest import Serve
from tests.experiments.api.tree import (
    JOBS,
    execute,
    make_tree,
    write_configuration,
    write_pickle,
    write_run,
)
from tests.experiments.sources.making import settle

from mestral.readers.fingerprint import SETTLE_NS

DATA = [
    "/v4/experiments",
    "/v4/experiments?only_active=false&page_size=0",
    "/v4/experiments/a001",
    "/v4/experiments/a001/jobs",
    "/v4/experiments/c006/jobs?view=quick&page_size=1",
    "/v4/experiments/a001/runs",
    "/v4/experiments/a001/runs/1/config",
    "/v4/experiments/a001/runs/1/user-metrics",
    "/v4/experiments/a001/user-metrics-runs",
    "/v4/experiments/a001/eta",
    "/v3/expcount/a001",
    "/v3/expcount/c006",
    "/v3/summary/a001",
    "/v3/performance/a001",
    "/v3/running",
    "/v3/search/zebra",
    "/v3/search/a/all/0",
    "/v3/searchowner/alice",
]


@pytest.mark.parametrize("path", DATA)
def test_an_unchanged_answer_is_confirmed(client: TestClient[Any], path: str) -> None:
    first = client.get(path)
    etag = first.headers["etag"]
    assert first.status_code == 200
    assert etag.startswith('W/"')
    assert first.headers["cache-control"] == "private, no-cache"
    again = client.get(path)
    assert (again.headers["etag"], again.content) == (etag, first.content)
    confirmed = client.get(path, headers={"if-none-match": f'"other", {etag}'})
    assert (confirmed.status_code, confirmed.content, confirmed.headers["etag"]) == (304, b"", etag)
    assert client.get(path, headers={"if-none-match": '"other"'}).status_code == 200
    head = client.head(path)
    assert (head.status_code, head.content, head.headers["etag"]) == (200, b"", etag)


def test_each_answer_has_a_tag_of_its_own(client: TestClient[Any]) -> None:
    assert len({client.get(path).headers["etag"] for path in DATA}) == len(DATA)


class Changing:
    """A tree of a test's own, its client, and a tag to confirm."""

    def __init__(self, rc_file: Path, serve: Serve) -> None:
        self.root = rc_file.parent
        self.client = serve(rc_file)

    def changed(self, path: str, tag: str) -> Any:
        """The new answer to a request that still holds the old tag."""
        answer = self.client.get(path, headers={"if-none-match": tag})
        assert answer.status_code == 200, "still confirmed although something changed"
        return answer.json()

    def tag(self, path: str) -> str:
        answer = self.client.get(path)
        assert answer.status_code == 200
        return str(answer.headers["etag"])


@pytest.fixture(scope="module")
def settled_trees(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A tree for each test that changes one: made together, to wait once until nothing in them is recent.

    Only what has settled is kept by the server, so only then can a stale answer show.
    """
    rc_files = [make_tree(tmp_path_factory.mktemp("tree")) for _ in range(24)]  # each test runs on both
    time.sleep(SETTLE_NS / 1e9)
    return iter(rc_files)


@pytest.fixture
def changing(settled_trees: Iterator[Path], serve: Serve) -> Changing:
    return Changing(next(settled_trees), serve)


def test_a_new_job_list_gives_new_answers(changing: Changing) -> None:
    paths = (
        "/v4/experiments/a001/jobs",
        "/v3/expcount/a001",
        "/v4/experiments?only_active=0",
        "/v3/search/a001",
    )
    tags = {path: changing.tag(path) for path in paths}
    other = changing.tag("/v4/experiments/c006/jobs")
    write_pickle(changing.root, "a001", JOBS[:2])
    assert len(changing.changed(paths[0], tags[paths[0]])["jobs"]) == 2
    assert changing.changed(paths[1], tags[paths[1]])["total"] == 2
    modified = changing.changed(paths[2], tags[paths[2]])["experiments"][0]["modified"]
    assert modified > "2025"
    assert changing.changed(paths[3], tags[paths[3]])["experiment"][0]["modified"] > "2025"
    assert (
        changing.client.get("/v4/experiments/c006/jobs", headers={"if-none-match": other}).status_code == 304
    )


def test_a_list_replaced_under_its_old_time_and_size_gives_a_new_answer(changing: Changing) -> None:
    path = "/v4/experiments/a001/jobs"
    tag = changing.tag(path)
    renamed = [(name.replace("SIM", "SUM"), *rest) for name, *rest in JOBS]
    write_pickle(changing.root, "a001", renamed)
    settle(changing.root)
    assert changing.changed(path, tag)["jobs"][0]["name"] == "a001_20200101_fc0_1_SUM"


def test_a_new_job_in_the_database_of_4_2_gives_a_new_answer(changing: Changing) -> None:
    path = "/v4/experiments/c006/jobs?view=quick"
    tag = changing.tag(path)
    database = changing.root / "c006" / "db" / "job_list.db"
    execute(database, "UPDATE jobs SET status = 'FAILED' WHERE id = 2")
    assert [job["status"] for job in changing.changed(path, tag)["jobs"]] == ["COMPLETED", "FAILED"]


def test_a_new_run_gives_new_counters(changing: Changing) -> None:
    path, search = "/v4/experiments?only_active=false", "/v3/search/a001"
    tag, search_tag = changing.tag(path), changing.tag(search)
    write_run(changing.root, "a001", 5, 8, 0, 0, 0, 0, 0)
    assert changing.changed(path, tag)["experiments"][0]["completed"] == 5
    assert changing.changed(search, search_tag)["experiment"][0]["completed"] == 5


def test_rows_of_the_shared_databases_give_new_answers_only_where_they_show(changing: Changing) -> None:
    search, detail, other = "/v4/experiments", "/v4/experiments/a001", "/v4/experiments/t002/jobs"
    tags = {path: changing.tag(path) for path in (search, detail, other)}
    execute(
        changing.root / "as_times.db", "UPDATE experiment_status SET status = 'NOT RUNNING' WHERE exp_id = 2"
    )
    execute(changing.root / "autosubmit.db", "UPDATE experiment SET description = 'new' WHERE id = 1")
    assert [item["name"] for item in changing.changed(search, tags[search])["experiments"]] == ["c006"]
    assert changing.changed(detail, tags[detail])["description"] == "new"


def test_a_new_experiment_is_found(changing: Changing) -> None:
    assert changing.client.get("/v4/experiments/n010").status_code == 404
    execute(changing.root / "autosubmit.db", "INSERT INTO experiment VALUES (10, 'n010', 'new one', '4.1.0')")
    assert changing.client.get("/v4/experiments/n010").json()["id"] == 10
    assert changing.client.get("/v4/experiments?only_active=0").json()["pagination"]["total_items"] == 8


def test_a_new_configuration_gives_a_new_row(changing: Changing) -> None:
    tag = changing.tag("/v3/search/a001")
    write_configuration(
        changing.root, "a001", "CONFIG:\n  AUTOSUBMIT_VERSION: 9.9.9\nDEFAULT:\n  HPCARCH: new\n"
    )
    (row,) = changing.changed("/v3/search/a001", tag)["experiment"]
    assert (row["version"], row["hpc"], row["wrapper"]) == ("9.9.9", "NEW", None)


def test_a_repaired_configuration_gives_a_new_row(changing: Changing) -> None:
    tag = changing.tag("/v3/search/a009")
    write_configuration(changing.root, "a009", "CONFIG: {AUTOSUBMIT_VERSION: [")
    (row,) = changing.changed("/v3/search/a009", tag)["experiment"]
    assert row["version"] == "Unknown"
    time.sleep(SETTLE_NS / 1e9)
    tag = changing.tag("/v3/search/a009")
    write_configuration(changing.root, "a009", "CONFIG: {AUTOSUBMIT_VERSION: 4.1.9}")
    (row,) = changing.changed("/v3/search/a009", tag)["experiment"]
    assert row["version"] == "4.1.9"


def test_a_file_that_the_configuration_includes_takes_part(changing: Changing) -> None:
    (row,) = changing.client.get("/v3/search/o003").json()["experiment"]
    assert row["wrapper"] is None
    tag = changing.tag("/v3/search/o003")
    included = changing.root / "o003" / "wrappers.yml"
    included.write_text("WRAPPERS: {W: {TYPE: horizontal}}")
    (row,) = changing.changed("/v3/search/o003", tag)["experiment"]
    assert row["wrapper"] == "HORIZONTAL"


def test_what_was_damaged_is_shown_when_it_is_whole_again(changing: Changing) -> None:
    assert changing.client.get("/v4/experiments/d007/jobs").status_code == 503
    write_pickle(changing.root, "d007")
    (changing.root / "metadata" / "data" / "job_data_d007.db").unlink()
    write_run(changing.root, "d007", 1, 2, 0, 0, 0, 0, 0)
    assert len(changing.client.get("/v4/experiments/d007/jobs").json()["jobs"]) == len(JOBS)
    assert (
        changing.client.get("/v4/experiments?query=d007&only_active=0").json()["experiments"][0]["total"] == 2
    )


@pytest.mark.files
def test_an_unreadable_list_degrades_alone(changing: Changing) -> None:
    path = changing.root / "a001" / "pkl" / "job_list_a001.pkl"
    path.unlink()
    path.symlink_to(path)  # a loop: cannot be opened by anybody
    answer = changing.client.get("/v4/experiments/a001/jobs")
    assert (answer.status_code, answer.json()["error_message"]) == (503, "Error while reading the job list")
    assert changing.client.get("/v4/experiments?only_active=0").json()["pagination"]["total_items"] == 7
