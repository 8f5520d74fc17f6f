"""Selecting jobs: pattern, state, order and page, and what odd values become."""

from datetime import datetime
from itertools import combinations_with_replacement

from hypothesis import given
from hypothesis import strategies as st

from mestral_experiments.model import JobStatus
from mestral_experiments.sources.joblist import JobList, build_jobs, matching
from mestral_experiments.sources.protocol import JobQuery

ROW = (3, 5, 1, "SIM", datetime(2020, 1, 1), "fc0", 2, None, None, "o", "e", "", "")


def job_list(*names: str, **fields: object) -> JobList:
    return JobList.of(build_jobs([(name, *ROW) for name in names]))


def names(jobs: JobList, pattern: str | None) -> list[str]:
    return [job.name for job in jobs.select(JobQuery(name=pattern)).jobs]


def contains(name: str, parts: list[str]) -> bool:
    """Whether the parts occur one after the other, found by trying all places."""
    places = combinations_with_replacement(range(len(name) + 1), len(parts))
    return any(
        all(name.startswith(part, place) for place, part in zip(chosen, parts, strict=True))
        and all(
            place + len(part) <= later for place, part, later in zip(chosen, parts, chosen[1:], strict=False)
        )
        for chosen in places
    )


@given(st.text("aB*!_", max_size=8), st.text("aAb_", max_size=9))
def test_patterns_mean_what_the_contract_says(pattern: str, name: str) -> None:
    marks = len(pattern) - len(pattern.lstrip("!"))
    expected = contains(name.lower(), pattern[marks:].lower().split("*"))
    found = matching([name], [name.lower()], pattern)
    assert found == ([name] if expected is (marks % 2 == 0) else [])


def test_patterns_of_the_contract() -> None:
    jobs = job_list("a003_20220401_fc0_1_SIM", "a003_20220401_fc0_2_SIM", "a003_INI", "a003_CLEAN")
    assert len(names(jobs, "*sim")) == 2
    assert names(jobs, "!sim") == ["a003_CLEAN", "a003_INI"]
    assert names(jobs, "!") == []
    assert len(names(jobs, "!!sim")) == 2
    assert names(jobs, "_1_") == ["a003_20220401_fc0_1_SIM"]
    assert names(jobs, "fc0*sim*") == names(jobs, "sim")
    assert names(jobs, "sim*fc0") == []
    assert names(job_list("ababa"), "aba*aba") == []  # parts do not overlap
    assert len(names(jobs, "")) == len(names(jobs, None)) == len(names(jobs, "*")) == 4
    assert names(jobs, "%") == names(jobs, ".") == names(jobs, "[a-z]") == []


def test_a_pattern_made_to_explode_is_answered() -> None:
    jobs = job_list("a" * 5000 + "b", "a" * 5000)
    assert names(jobs, "a*" * 2000 + "c") == []
    assert names(jobs, "a*" * 2000 + "b") == ["a" * 5000 + "b"]


def test_order_and_page() -> None:
    jobs = job_list("b", "A", "a", "B", "c")
    assert names(jobs, None) == ["A", "a", "B", "b", "c"]
    page = jobs.select(JobQuery(offset=1, limit=2))
    assert ([job.name for job in page.jobs], page.total) == (["a", "B"], 5)
    beyond = jobs.select(JobQuery(offset=10**30, limit=10**30))
    assert (list(beyond.jobs), beyond.total) == ([], 5)
    assert list(jobs.names) == ["b", "A", "a", "B", "c"]


def test_odd_values_become_null_and_harm_no_other_job() -> None:
    odd = ("odd", "12", 99, None, None, "soon", 5, "one", 0, -1, 1, b"e", None, "\ud800")
    huge: tuple[object, ...] = (
        "huge",
        10**30,
        True,
        10**30,
        "S",
        datetime(2020, 1, 1),
        "",
        10**30,
        1,
        "2",
        "",
        "",
        "",
        "",
    )
    nameless = (None, *ROW)
    jobs = build_jobs([("good", *ROW), odd, huge, nameless])
    assert [job.name for job in jobs] == ["good", "odd", "huge"]
    good, first, second = jobs
    assert (good.status, good.date, good.chunk) == (JobStatus.COMPLETED, datetime(2020, 1, 1), 2)
    assert (first.id, first.status, first.priority, first.section) == (12, JobStatus.UNKNOWN, 0, "")
    assert (first.date, first.member, first.chunk, first.split, first.splits) == (
        None,
        None,
        None,
        None,
        None,
    )
    assert (first.out_local, first.err_local, first.out_remote, first.err_remote) == (None, None, None, "?")
    assert (second.id, second.priority, second.chunk, second.split, second.splits) == (None, 0, None, 1, 2)


def test_what_no_answer_can_hold_is_mended() -> None:
    """Half a surrogate pair is no UTF-8, and JSON numbers end at 64 bits."""
    (first,) = build_jobs([("job", *ROW[:9], "\ud800", "", "", "")])
    (second,) = build_jobs([("job", *ROW[:2], 10**30, *ROW[3:])])
    assert (first.out_local, second.priority) == ("?", 0)


@given(st.lists(st.text("aAbBéÉ_", max_size=3), max_size=30), st.text("aAbBéÉ_", max_size=3))
def test_one_job_is_found_by_its_exact_name(given_names: list[str], wanted: str) -> None:
    jobs = job_list(*given_names)
    found = jobs.job(wanted)
    assert (found.name if found else None) == (wanted if wanted in given_names else None)
    assert jobs.state(wanted) == (JobStatus.COMPLETED if wanted in given_names else None)
