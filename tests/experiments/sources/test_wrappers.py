"""Wrappers: tables of every generation, real and preview, and what is wrong with them."""

from pathlib import Path

import pytest
from tests.experiments.sources.making import database, digest, experiment, source, tree

from mestral import Problem
from mestral_experiments.sources.protocol import Part

OLD, NEW = experiment("a001"), experiment("a002", "4.2.0")
SENTENCE = "Error while reading the wrappers"
OLDEST = ("(exp_id, package_name, job_name)", "job_package", "wrapper_job_package")
LATER = ("(exp_id, package_name, job_name, wallclock)", "job_package", "wrapper_job_package")
KEYED = """(package_id INTEGER NOT NULL, package_name VARCHAR NOT NULL, job_name VARCHAR NOT NULL,
 timestamp VARCHAR, PRIMARY KEY (package_id, package_name, job_name))"""
WITH_RUN = KEYED.replace("timestamp VARCHAR", "timestamp VARCHAR, run_id INTEGER")
CURRENT = (KEYED, "wrappers_jobs", "preview_wrappers_jobs")
LATEST = (WITH_RUN, "wrappers_jobs", "preview_wrappers_jobs")
GENERATIONS = [OLDEST, LATER, CURRENT, LATEST]
ROWS = [("Z", "two"), ("Z", "one"), ("a", "three"), ("a", "two")]
"""Wrapper and job, in the order they were written: `two` was wrapped again."""


def packages(root: Path, name: str = "a001") -> Path:
    return root / name / "pkl" / f"job_packages_{name}.db"


def job_list(root: Path) -> Path:
    return root / "a002" / "db" / "job_list.db"


def fill(path: Path, columns: str, table: str, rows: list[tuple[str, str]]) -> Path:
    extra = "exp_id" if "exp_id" in columns else "package_id"
    return database(
        path,
        f"CREATE TABLE {table} {columns}",
        *(
            f"INSERT INTO {table} ({extra}, package_name, job_name) VALUES ({-n}, '{wrapper}', '{job}')"
            for n, (wrapper, job) in enumerate(rows, 1)
        ),
    )


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "root"
    tree(root, "a001", "a002")
    return root


@pytest.mark.parametrize("generation", GENERATIONS)
def test_the_last_row_of_a_job_counts_at_the_place_of_its_first(
    root: Path, generation: tuple[str, str, str]
) -> None:
    columns, real, preview = generation
    path = fill(packages(root), columns, real, ROWS)
    fill(path, columns, preview, [("preview", "one"), ("preview", "four")])
    before = digest(root)
    reading = source(root)
    assert list(reading.wrappers(OLD).items()) == [("two", "a"), ("one", "Z"), ("three", "a")]
    assert reading.last_wrapper(OLD, "two") == "a"
    assert reading.last_wrapper(OLD, "four") == "preview"
    assert reading.last_wrapper(OLD, "nobody' OR '1'='1") is None
    assert digest(root) == before


@pytest.mark.parametrize("generation", GENERATIONS)
@pytest.mark.parametrize("real", ["empty", "absent"])
def test_previews_count_where_nothing_is_real(
    root: Path, generation: tuple[str, str, str], real: str
) -> None:
    columns, table, preview = generation
    path = fill(packages(root), columns, preview, ROWS)
    if real == "empty":
        fill(path, columns, table, [])
    reading = source(root)
    assert dict(reading.wrappers(OLD)) == {"two": "a", "one": "Z", "three": "a"}
    assert reading.last_wrapper(OLD, "two") == "a"


def test_tables_of_previews_need_not_exist(root: Path) -> None:
    fill(job_list(root), WITH_RUN, "wrappers_jobs", [])
    reading = source(root)
    assert dict(reading.wrappers(NEW)) == {}
    assert reading.last_wrapper(NEW, "one") is None


def test_the_newest_table_that_has_the_columns_counts(root: Path) -> None:
    path = fill(packages(root), OLDEST[0], "job_package", [("old", "one")])
    assert dict(source(root).wrappers(OLD)) == {"one": "old"}
    database(path, "CREATE TABLE wrappers_jobs (package_id INTEGER)")
    assert dict(source(root).wrappers(OLD)) == {"one": "old"}
    database(path, "DROP TABLE wrappers_jobs")
    fill(path, KEYED, "wrappers_jobs", [("new", "one")])
    assert dict(source(root).wrappers(OLD)) == {"one": "new"}


def test_rows_without_a_name_are_left_out(root: Path) -> None:
    path = fill(packages(root), OLDEST[0], "job_package", [("", "one"), ("  ", "two"), ("w", "three")])
    database(path, "INSERT INTO job_package VALUES (1, NULL, 'four'), (1, 'w', NULL), (1, 5, 'five')")
    reading = source(root)
    assert dict(reading.wrappers(OLD)) == {"three": "w"}
    assert [reading.last_wrapper(OLD, job) for job in ("one", "two", "three", "five")] == [
        None,
        None,
        "w",
        None,
    ]


def test_the_other_generation_is_used_where_it_alone_exists(root: Path) -> None:
    fill(packages(root), KEYED, "wrappers_jobs", [("w", "one")])
    fill(job_list(root), WITH_RUN, "wrappers_jobs", [("w", "one")])
    reading = source(root)
    assert dict(reading.wrappers(experiment("a001", "4.2.0"))) == {"one": "w"}
    assert dict(reading.wrappers(experiment("a002", "abc"))) == {"one": "w"}


def test_nothing_is_empty(root: Path) -> None:
    reading = source(root)
    for row in (OLD, NEW):
        assert dict(reading.wrappers(row)) == {}
        assert reading.last_wrapper(row, "one") is None
    packages(root).parent.mkdir(parents=True)
    packages(root).touch()
    database(job_list(root), "CREATE TABLE jobs (name TEXT)")
    for row in (OLD, NEW):
        assert dict(reading.wrappers(row)) == {}


@pytest.mark.parametrize("statement", ["CREATE TABLE wrappers_jobs (job_name TEXT)", None])
def test_damage_is_said(root: Path, statement: str | None) -> None:
    path = packages(root)
    if statement:
        database(path, statement)
    else:
        path.parent.mkdir(parents=True)
        path.write_bytes(b"no database" * 500)
    fill(job_list(root), WITH_RUN, "wrappers_jobs", ROWS)
    reading = source(root)
    for ask in (lambda: reading.wrappers(OLD), lambda: reading.last_wrapper(OLD, "one")):
        with pytest.raises(Problem) as caught:
            ask()
        assert (caught.value.status, caught.value.message) == (503, SENTENCE)
    assert reading.last_wrapper(NEW, "two") == "a"
    path.unlink()
    fill(path, KEYED, "wrappers_jobs", ROWS)
    assert reading.last_wrapper(OLD, "two") == "a"


def test_previews_count_where_the_real_table_cannot_be_used(root: Path) -> None:
    path = database(packages(root), "CREATE TABLE wrappers_jobs (job_name TEXT)")
    fill(path, KEYED, "preview_wrappers_jobs", [("w", "one")])
    assert dict(source(root).wrappers(OLD)) == {"one": "w"}


def test_a_link_that_leaves_the_folder_is_refused(root: Path, tmp_path: Path) -> None:
    fill(tmp_path / "elsewhere.db", KEYED, "wrappers_jobs", ROWS)
    packages(root).parent.mkdir(parents=True)
    packages(root).symlink_to(tmp_path / "elsewhere.db")
    with pytest.raises(Problem, match=SENTENCE):
        source(root).wrappers(OLD)


def test_the_fingerprint_follows_both_generations(root: Path) -> None:
    reading = source(root)
    seen = {reading.fingerprint(NEW, Part.WRAPPERS).digest()}
    fill(packages(root, "a002"), KEYED, "wrappers_jobs", ROWS)
    seen.add(reading.fingerprint(NEW, Part.WRAPPERS).digest())
    fill(job_list(root), WITH_RUN, "wrappers_jobs", ROWS)
    seen.add(reading.fingerprint(NEW, Part.WRAPPERS).digest())
    assert len(seen) == 3
