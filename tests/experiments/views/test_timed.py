"""Times of all jobs, and their summary: contract/METRICS.md 2, contract/API_V3.md 2.11."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mestral_experiments.model import Job, JobStatus, Submission, Times
from mestral_experiments.views.figures.summary import failed, summary, tally
from mestral_experiments.views.figures.timed import (
    NOTHING_LIVE,
    Recorded,
    State,
    job_times,
    packages_of,
    unsettled,
)
from mestral_experiments.views.jobtimes import JobTimes, needs_submission
from mestral_experiments.views.workflow.workflow import Loaded, Workflow

NOW = 2000
NAMES = ("e_LOCAL_SETUP", "e_1_SIM", "e_2_SIM", "e_SIMULATE", "e_3_SIM_POST", "e_POST", "e_MAIN_SIM", "e_X")
NONE: dict[str, Any] = dict.fromkeys(Job.__struct_fields__)


def job(name: str, status: JobStatus) -> Job:
    return Job(**NONE | {"name": name, "status": status, "priority": 0, "section": name.rsplit("_")[-1]})


def known(
    states: list[State],
    rows: list[Times],
    lines: dict[str, Submission],
    wrappers: dict[str, str],
    edges: list[tuple[str, str]],
) -> Recorded:
    last = {each.name: each for each in rows}
    asked = {
        name: line for name, line in lines.items() if needs_submission(dict(states)[name], last.get(name))
    }
    return Recorded(states, last, asked, packages_of(states, wrappers, edges))


moments = st.none() | st.integers(1000, 1900)
names = st.sampled_from(NAMES)
statuses = st.sampled_from(list(JobStatus))
states_of_jobs = st.lists(st.tuples(names, statuses), unique_by=lambda state: state[0])
rows_of_jobs = st.lists(
    st.builds(
        Times,
        names,
        moments,
        moments,
        moments,
        statuses.map(lambda status: status.name),
        st.none(),
        st.none(),
    ),
    unique_by=lambda row: row.name,
)
lines_of_jobs = st.dictionaries(
    names,
    st.builds(Submission, moments, moments, moments, st.none() | st.just("COMPLETED"), st.integers(1, 4)),
)
wrappers_of_jobs = st.dictionaries(names, st.sampled_from(["p", "q"]))
edges_of_jobs = st.lists(st.tuples(names, names))


@given(states_of_jobs, rows_of_jobs, lines_of_jobs, wrappers_of_jobs, edges_of_jobs, st.integers(0, 300))
def test_they_are_those_of_the_tree(
    states: list[State],
    rows: list[Times],
    lines: dict[str, Submission],
    wrappers: dict[str, str],
    edges: list[tuple[str, str]],
    later: int,
) -> None:
    lines = {name: line for name, line in lines.items() if name in dict(states)}
    recorded = known(states, rows, lines, wrappers, edges)
    jobs = [job(*state) for state in states]
    loaded = Loaded(
        "e", jobs, edges, wrappers, dict(recorded.last), dict(recorded.submissions), None, {}, {}, None
    )
    workflow = Workflow(loaded, NOW)
    assert job_times(recorded, NOW) == [view.times for view in workflow.jobs]
    workflow.move_to(NOW + later)
    assert job_times(recorded, NOW + later) == [view.times for view in workflow.jobs]


@given(
    states_of_jobs,
    rows_of_jobs,
    lines_of_jobs,
    wrappers_of_jobs,
    edges_of_jobs,
    st.integers(0, 300),
    st.booleans(),
)
def test_a_summary_is_the_sum_of_what_stays_and_what_moves(
    states: list[State],
    rows: list[Times],
    lines: dict[str, Submission],
    wrappers: dict[str, str],
    edges: list[tuple[str, str]],
    later: int,
    running: bool,
) -> None:
    lines = {name: line for name, line in lines.items() if name in dict(states)}
    recorded = known(states, rows, lines, wrappers, edges)
    before = job_times(recorded, NOW)
    rest = unsettled(recorded, before)
    moving = {name for name, _ in rest.states}
    stay = [n for n, (name, _) in enumerate(states) if name not in moving]
    settled = tally([states[n] for n in stay], [before[n] for n in stay], running)
    added = settled + tally(rest.states, job_times(rest, NOW + later), running)
    after = job_times(recorded, NOW + later)
    assert added == tally(states, after, running)
    assert failed(states, before) == failed(states, after)
    shown = summary(added, failed(states, after))
    assert shown.n_failed == len(shown.failed_jobs)
    assert shown.sim_run_considered <= shown.sim_queue_considered <= shown.n_sim <= len(states)


def test_only_jobs_that_wait_or_run_and_their_wrappers_move() -> None:
    states: list[State] = [
        ("a", JobStatus.RUNNING),
        ("b", JobStatus.COMPLETED),
        ("c", JobStatus.COMPLETED),
        ("d", JobStatus.WAITING),
    ]
    rows = [Times(name, 1000, 1100, 1200, "COMPLETED") for name in "bc"]
    rows.append(Times("a", 1000, 1100, None, "RUNNING"))
    recorded = known(states, rows, {}, {"a": "p", "b": "p", "c": "q"}, [("a", "b")])
    times = job_times(recorded, NOW)
    assert [(each.queue, each.run) for each in times] == [(100, 900), (0, 100), (100, 100), (0, 0)]
    assert [name for name, _ in unsettled(recorded, times).states] == ["a", "b"]
    over: list[State] = [("b", JobStatus.COMPLETED), ("d", JobStatus.WAITING)]
    recorded = known(over, rows[:1], {}, {}, [])
    assert unsettled(recorded, job_times(recorded, NOW)) is NOTHING_LIVE


@pytest.mark.parametrize(
    ("edges", "queues"),
    [
        ([], [100, 0, 150]),  # a chain in the order of their times
        ([("c", "x")], [100, 100, 400]),  # side by side, before another job
        ([("x", "b")], [100, 100, 400]),
        ([("c", "gone"), ("a", "a")], [100, 0, 150]),
        ([("a", "c"), ("a", "b"), ("b", "c")], [100, 0, 250]),  # b reaches c no sooner than a does
        ([("c", "b"), ("b", "a"), ("c", "a")], [0, 0, 400]),
    ],
)
def test_waits_in_a_wrapper(edges: list[tuple[str, str]], queues: list[int]) -> None:
    done = JobStatus.COMPLETED
    states: list[State] = [("a", done), ("b", done), ("c", done), ("x", done)]
    rows = [
        Times("a", 1000, 1100, 1150, "COMPLETED"),
        Times("b", 1000, 1100, 1250, "COMPLETED"),
        Times("c", 1000, 1400, 1500, "COMPLETED"),
    ]
    found = job_times(known(states, rows, {}, {"c": "p", "a": "p", "b": "p", "gone": "p"}, edges), NOW)
    assert [each.queue for each in found[:3]] == queues


def test_the_first_parent_by_name_counts() -> None:
    done = JobStatus.COMPLETED
    states: list[State] = [(name, done) for name in "abcd"]
    rows = [
        Times(name, 1000, 1000 + queue, 1500, "COMPLETED")
        for name, queue in zip("abcd", (10, 20, 90, 900), strict=True)
    ]
    edges = [("a", "c"), ("a", "b"), ("b", "d"), ("c", "d")]
    found = job_times(known(states, rows, {}, dict.fromkeys("abcd", "p"), edges), NOW)
    assert found[3].queue == 900 - 500  # after b, which waited 20 s and ran 480 s
    rows[1] = Times("b", 1000, 1020, 1100, "COMPLETED")
    found = job_times(known(states, rows, {}, dict.fromkeys("abcd", "p"), edges), NOW)
    assert found[3].queue == 900 - 100


def times(state: str, queue: int, run: int) -> JobTimes:
    return JobTimes(queue, run, status=state)


COUNTED: list[tuple[State, JobTimes]] = [
    (("e_1_SIM", JobStatus.COMPLETED), times("COMPLETED", 10, 100)),
    (("e_2_SIM", JobStatus.RUNNING), times("RUNNING", 20, 201)),
    (("e_3_SIM", JobStatus.QUEUING), times("QUEUING", 1000, 0)),
    (("e_4_SIM", JobStatus.SUBMITTED), times("SUBMITTED", 2000, 0)),
    (("e_5_SIM", JobStatus.RUNNING), times("SUSPICIOUS", 9999, 9999)),
    (("e_6_SIM", JobStatus.WAITING), times("WAITING", 0, 0)),
    (("e_SIMPLE", JobStatus.FAILED), times("FAILED", 30, 50)),
    (("e_POST", JobStatus.SUSPENDED), times("SUSPENDED", 77, 77)),
]


@pytest.mark.parametrize(
    ("running", "queue", "run", "sim_queue", "sim_run", "considered"),
    [
        (True, (10 + 20 + 1000 + 2000 + 30) // 5, 351 // 3, 1030 // 3, 301 // 2, (3, 2)),
        (False, 40 // 2, 150 // 2, 10, 100, (1, 1)),
    ],
)
def test_who_counts_in_which_mean(
    running: bool, queue: int, run: int, sim_queue: int, sim_run: int, considered: tuple[int, int]
) -> None:
    states, all_times = [state for state, _ in COUNTED], [each for _, each in COUNTED]
    shown = summary(tally(states, all_times, running), failed(states, all_times))
    assert (shown.n_running, shown.n_suspended, shown.n_queuing, shown.n_failed, shown.n_submitted) == (
        1,
        1,
        1,
        1,
        1,
    )
    assert (shown.n_sim, shown.failed_jobs) == (6, ["e_SIMPLE"])

    def seconds(text: str) -> int:
        hours, minutes, rest = map(int, text.split(":"))
        return hours * 3600 + minutes * 60 + rest

    shown_seconds = [
        seconds(text)
        for text in (
            shown.avg_queue_time,
            shown.avg_run_time,
            shown.avg_sim_queue_time,
            shown.avg_sim_run_time,
        )
    ]
    assert shown_seconds == [queue, run, sim_queue, sim_run]
    assert (shown.sim_queue_considered, shown.sim_run_considered) == considered


def test_without_jobs_means_are_no_time() -> None:
    shown = summary(tally([], [], True), [])
    assert (shown.avg_queue_time, shown.avg_sim_run_time, shown.n_sim) == ("0:00:00", "0:00:00", 0)
