"""The workflow that tree and graph share: made anew, brought up to date, moved in time."""

from datetime import datetime
from random import Random

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from mestral_experiments.model import Job, JobStatus, LogFiles, Resources, Run, Settings, Submission, Times
from mestral_experiments.views.workflow.jobview import wrapper_code
from mestral_experiments.views.workflow.structure import Structure
from mestral_experiments.views.workflow.workflow import Loaded, Workflow
from mestral_experiments.views.workflow.workflowtree import workflow_tree

NAMES = [f"a000_20200101_fc0_{n}_{section}" for n in (1, 2, 3) for section in ("SIM", "POST")]
NOW = 1_700_000_000

times = st.none() | st.integers(NOW - 1000, NOW)
jobs = st.builds(
    lambda name, status, date, chunk: Job(
        name, 7, status, 0, name.rpartition("_")[2], date, "fc0", chunk, None, None, None, None, None, None
    ),
    st.sampled_from(NAMES),
    st.sampled_from(JobStatus),
    st.none() | st.just(datetime(2020, 1, 1)),
    st.none() | st.integers(1, 3),
)
rows = st.builds(
    lambda name, submit, start, finish, status, run: Times(
        name, submit, start, finish, status.name, run, None
    ),
    st.sampled_from(NAMES),
    times,
    times,
    times,
    st.sampled_from(JobStatus),
    st.none() | st.integers(1, 2),
)
lines = st.builds(
    Submission, times, times, times, st.sampled_from([None, "COMPLETED", "FAILED"]), st.integers(1, 4)
)
runs = st.builds(
    lambda unit, size: Run(1, None, None, None, unit, size),
    st.sampled_from(["month", "day", None]),
    st.integers(0, 4),
)


def by_name(found: list[Times]) -> dict[str, Times]:
    return {one.name: one for one in found}


workflows = st.builds(
    Loaded,
    expid=st.just("a000"),
    jobs=st.lists(jobs, unique_by=lambda job: job.name).map(
        lambda found: sorted(found, key=lambda j: j.name)
    ),
    edges=st.sampled_from(
        [(), ((NAMES[0], NAMES[1]), (NAMES[0], NAMES[2]), (NAMES[2], "gone"), (NAMES[1], NAMES[1]))]
    ),
    wrappers=st.sampled_from([{}, {NAMES[0]: "a000_T_1_2_3", NAMES[2]: "a000_T_1_2_3", NAMES[1]: "x"}]),
    attempts=st.lists(rows).map(by_name),
    submissions=st.dictionaries(st.sampled_from(NAMES), lines),
    settings=st.none(),
    logs=st.dictionaries(st.sampled_from(NAMES), st.just(LogFiles("/out", None))),
    runs=st.dictionaries(st.just(1), runs),
    modified=st.none(),
)
whole = workflows.filter(lambda loaded: len(loaded.jobs) > 3)


def shown(workflow: Workflow) -> object:
    return workflow.jobs, workflow.packages, workflow.structure.edges, workflow.dates, workflow.live


@given(workflows, workflows, st.integers(0, 100))
def test_what_is_brought_up_to_date_is_what_is_made_anew(before: Loaded, after: Loaded, later: int) -> None:
    known = Workflow(before, NOW)
    assert shown(Workflow(after, NOW + later, known)) == shown(Workflow(after, NOW + later))


@settings(max_examples=200)
@given(whole, whole, st.integers(0, 100), st.sets(st.sampled_from(NAMES)))
def test_a_few_changes_are_all_seen(before: Loaded, other: Loaded, later: int, named: set[str]) -> None:
    """The same jobs, edges and wrappers, of which some have other states and times."""
    changed = {job.name: job for job in other.jobs if job.name in named}
    after = Loaded(
        "a000",
        [changed.get(job.name, job) for job in before.jobs],
        before.edges,
        before.wrappers,
        {**before.attempts, **{name: row for name, row in other.attempts.items() if name in named}},
        {**{name: line for name, line in before.submissions.items() if name not in named}},
        None,
        other.logs if named else before.logs,
        before.runs,
        None,
    )
    known = Workflow(before, NOW)
    assert shown(Workflow(after, NOW + later, known)) == shown(Workflow(after, NOW + later))


@given(workflows, st.lists(st.integers(0, 100), min_size=1, max_size=3))
def test_time_moves_as_if_it_had_been_then(loaded: Loaded, steps: list[int]) -> None:
    moved = Workflow(loaded, NOW)
    for step in steps:
        moved.move_to(NOW + step)
    assert shown(moved) == shown(Workflow(loaded, NOW + steps[-1]))


@given(workflows)
def test_relatives_are_jobs_of_the_list_by_name(loaded: Loaded) -> None:
    views = {view.job.name: view.shown for view in Workflow(loaded, NOW).jobs}
    for name, view in views.items():
        assert list(view.children_list) == sorted(set(view.children_list) & set(views))
        assert all(name in views[child].parent_list for child in view.children_list)
        assert name not in view.children_list


@given(workflows, st.randoms(use_true_random=False))
def test_the_order_of_a_list_does_not_change_what_layouts_are_made_of(loaded: Loaded, chance: Random) -> None:
    names, edges = [job.name for job in loaded.jobs], list(loaded.edges)
    wrappers = list(loaded.wrappers.items())
    one = Structure(list(names), list(edges), dict(wrappers))
    chance.shuffle(names)
    chance.shuffle(edges)
    chance.shuffle(wrappers)
    other = Structure(names, edges, dict(wrappers))
    assert one.outline() == other.outline()
    assert one.package_numbers == other.package_numbers
    assert one.digest == other.digest


@given(workflows)
def test_edges_in_another_order_are_no_others(loaded: Loaded) -> None:
    known = Workflow(loaded, NOW)
    turned = msgspec.structs.replace(loaded, edges=loaded.edges[::-1])
    assert Workflow(turned, NOW, known).structure is known.structure


def test_the_code_of_a_wrapper_is_its_number() -> None:
    assert wrapper_code("a6zj_ASThread_17128472368642_1_4") == "17128472368642"
    assert wrapper_code("aa6f_ASThread_SIM_17810117114353_1_8") == "17810117114353"
    assert wrapper_code("a_b_c_d") is None


def test_jobs_in_wrappers_are_in_the_queue_of_wrappers_for_programs_too() -> None:
    alone, wrapped = (Resources(queue="short", wrapper_queue="long") for _ in range(2))
    configured = Settings(
        None, None, None, None, "", "NA", "NA", 0, {}, {"SIM": alone}, wrapped, {}, as3=True
    )
    both = [
        Job(name, 1, JobStatus.READY, 0, "SIM", None, None, None, None, None, None, None, None, None)
        for name in ("a000_1_SIM", "a000_2_SIM")
    ]
    wrappers = {"a000_2_SIM": "a000_ASThread_1_2_3"}
    workflow = Workflow(Loaded("a000", both, (), wrappers, {}, {}, configured, {}, {}, None), NOW)
    assert [job.queue for job in workflow_tree(workflow).jobs] == ["short", "long"]


def test_wrappers_that_come_and_go_do_not_change_what_layers_are_made_of() -> None:
    names, edges = ["a", "b", "c"], [("a", "b"), ("b", "c")]
    digest = Structure(names, edges, {}).digest
    assert Structure(names, edges, {"a": "w", "b": "w"}).digest == digest
    assert Structure(names, edges[:1], {}).digest != digest
    assert Structure(["a", "b", "d"], edges, {}).digest != digest
