"""What answers show of records: contract/API_V4.md 3.1, 4.1 and contract/API_V3.md 2.3, 2.4."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime

import msgspec
import pytest

from mestral_experiments.model import Brief, Experiment, Job, JobStatus, Run
from mestral_experiments.views.counters import count, not_counted
from mestral_experiments.views.experiments import experiment_detail, experiment_item
from mestral_experiments.views.job import job_detail
from mestral_experiments.views.jobs import job_items, quick_items
from mestral_experiments.views.lists.pagination import offset_of, pagination
from mestral_experiments.views.rows import experiment_row
from mestral_experiments.views.times import instant, local_text, utc_text

EXPERIMENT = Experiment(
    1, "a003", "dummy", "4.0.95", "ltenorio", "2024-01-08 14:52:35", hpc="LOCAL", has_details=True
)
RUN = Run(3, None, None, None, None, None, 28, 55, failed=7, queuing=1, running=2, submitted=3, suspended=4)


@pytest.fixture
def madrid(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A server whose offset depends on the season."""
    monkeypatch.setenv("TZ", "Europe/Madrid")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def as_json(value: object) -> str:
    return msgspec.json.encode(value).decode()


def test_an_item_of_the_search_has_every_key_in_order() -> None:
    item = experiment_item(EXPERIMENT, RUN, datetime(2026, 11, 23, 20, 21, 42, 999999, tzinfo=UTC))
    assert as_json(item) == (
        '{"id":1,"name":"a003","user":"ltenorio","description":"dummy","hpc":"LOCAL","version":"4.0.95",'
        '"created":"2024-01-08 14:52:35","modified":"2026-11-23T20:21:42+00:00","status":"NOT RUNNING",'
        '"completed":28,"total":55,"submitted":3,"queuing":1,"running":2,"failed":7,"suspended":4}'
    )


@pytest.mark.parametrize(
    "run", [None, msgspec.structs.replace(RUN, total=0), msgspec.structs.replace(RUN, total=-1)]
)
def test_a_run_without_total_counts_as_none(run: Run | None) -> None:
    item = experiment_item(EXPERIMENT, run, None)
    assert (item.completed, item.total, item.submitted, item.queuing) == (0, 0, 0, 0)
    assert (item.running, item.failed, item.suspended, item.modified) == (0, 0, 0, None)
    row = experiment_row(EXPERIMENT, run, None, None)
    assert (row.completed, row.total, row.submitted, row.failed) == ("NA", "NA", 0, 0)


def test_dates_have_four_digits_of_a_year_whenever_it_was() -> None:
    job = Job("p_SIM", 1, JobStatus.WAITING, 0, "SIM", datetime(850, 1, 2, 6), *[None] * 8)
    assert job_items([job])[0].date == "0850-01-02"
    assert job_detail(job, None, None, None, None, None, None).date == "08500102"


def test_the_detail_has_four_keys() -> None:
    assert as_json(experiment_detail(EXPERIMENT)) == (
        '{"id":1,"name":"a003","description":"dummy","autosubmit_version":"4.0.95"}'
    )


def test_a_row_takes_platform_version_and_wrapper_from_the_configuration() -> None:
    row = experiment_row(
        EXPERIMENT, RUN, datetime(2026, 11, 23, tzinfo=UTC), Brief("MN5", "4.0.0", "VERTICAL")
    )
    assert (row.hpc, row.version, row.wrapper, row.status) == ("MN5", "4.0.0", "VERTICAL", None)
    assert list(row.__struct_fields__) == [
        "id",
        "name",
        "user",
        "description",
        "hpc",
        "status",
        "completed",
        "total",
        "version",
        "wrapper",
        "submitted",
        "queuing",
        "running",
        "failed",
        "suspended",
        "modified",
    ]


def test_a_row_without_configuration_falls_back_on_the_database() -> None:
    row = experiment_row(EXPERIMENT, RUN, None, None)
    assert (row.hpc, row.version, row.wrapper) == ("LOCAL", "Unknown", None)
    empty = experiment_row(EXPERIMENT, RUN, None, Brief(None, None, None))
    assert (empty.hpc, empty.version) == ("", "")


@pytest.mark.usefixtures("madrid")
def test_times_carry_the_offset_in_force_at_that_instant() -> None:
    summer = datetime.fromtimestamp(1721037600, UTC)
    winter = datetime.fromtimestamp(1704721955, UTC)
    assert local_text(summer) == "2024-07-15T12:00:00+02:00"
    assert local_text(winter) == "2024-01-08T14:52:35+01:00"
    assert utc_text(summer) == "2024-07-15T10:00:00+00:00"
    assert local_text(None) is None
    assert utc_text(None) is None


@pytest.mark.usefixtures("madrid")
@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("2024-01-08 14:52:35", 1704721955),
        ("2024-07-15 12:00:00", 1721037600),
        ("2024-07-15T10:00:00+00:00", 1721037600),
        ("2024-07-15T12:00:00+0200", 1721037600),
        ("", None),
        (None, None),
        ("yesterday", None),
    ],
)
def test_naive_text_is_local_time(text: str | None, seconds: int | None) -> None:
    assert instant(text) == seconds


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59.999999-23:59"])
def test_the_ends_of_the_calendar_are_times(text: str) -> None:
    assert instant(text) is not None


JOB = Job(
    "a_SIM",
    1,
    JobStatus.COMPLETED,
    1,
    "SIM",
    datetime(2000, 1, 1, 18),
    "fc0",
    1,
    2,
    4,
    "x.out",
    "x.err",
    "",
    None,
)


def test_a_job_has_every_key_in_order() -> None:
    plain = Job("b", None, JobStatus.UNKNOWN, 0, "", None, None, None, None, None, None, None, None, None)
    assert as_json(job_items([JOB, plain])) == (
        '[{"name":"a_SIM","status":"COMPLETED","priority":1,"section":"SIM","date":"2000-01-01","member":"fc0",'
        '"chunk":1,"split":2,"splits":4,"out_path_local":"x.out","err_path_local":"x.err","out_path_remote":"",'
        '"err_path_remote":null},'
        '{"name":"b","status":"UNKNOWN","priority":0,"section":"","date":null,"member":null,"chunk":null,'
        '"split":null,"splits":null,"out_path_local":null,"err_path_local":null,"out_path_remote":null,'
        '"err_path_remote":null}]'
    )
    assert as_json(quick_items([(JOB.name, JOB.status)])) == '[{"name":"a_SIM","status":"COMPLETED"}]'


def test_every_state_has_a_counter() -> None:
    states = [("a", JobStatus.COMPLETED), ("b", JobStatus.COMPLETED), ("c", JobStatus.SUSPENDED)]
    assert as_json(count("a003", states)) == (
        '{"error":false,"error_message":"","expid":"a003","total":3,"counters":{"SUSPENDED":1,"UNKNOWN":0,"FAILED":0,'
        '"WAITING":0,"READY":0,"SUBMITTED":0,"QUEUING":0,"RUNNING":0,"COMPLETED":2,"HELD":0,"PREPARED":0,"SKIPPED":0,'
        '"DELAYED":0}}'
    )
    failed = not_counted("a003", "why")
    assert (failed.error, failed.error_message, failed.total) == (True, "why", 0)
    assert list(failed.counters) == list(count("a003", []).counters)
    assert set(failed.counters.values()) == {0}


def test_a_page_number_has_no_limit() -> None:
    huge = 10**30
    assert as_json(pagination(str(huge), "12", pages=0, items=0, total=0)) == (
        f'{{"page":{huge},"page_size":12,"total_pages":0,"page_items":0,"total_items":0}}'
    )
    assert as_json(pagination("3", None, pages=1, items=0, total=0)).startswith('{"page":3,"page_size":null,')
    assert (offset_of(1, 12), offset_of(3, 12)) == (0, 24)
    assert [1, 2][offset_of(huge, 12) :] == []
