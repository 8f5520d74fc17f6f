"""The job list of an experiment, and what its jobs have to do with each other."""

import re
from collections.abc import Iterator, Sequence
from datetime import timedelta

import pytest

from mestral_experiments.model import Experiment, Job, JobStatus
from mestral_experiments.sources.protocol import ExperimentSource, JobQuery
from mestral_experiments.testing.given import Given
from mestral_experiments.testing.questions import HOSTILE_NAMES, spread

_UNKNOWN = "no such job"


class JobsContract(Given):
    """The job list, and `parents`, `children`, `edges`, `layout`, `wrappers`, `last_wrapper`."""

    @pytest.fixture
    def jobs(self, source: ExperimentSource, full: Experiment) -> Sequence[Job]:
        """All jobs of the experiment that has everything."""
        return source.jobs(full, JobQuery()).jobs

    def test_jobs_come_by_name_whatever_its_case_and_all_are_counted(
        self, source: ExperimentSource, full: Experiment
    ) -> None:
        page = source.jobs(full, JobQuery())
        names = [job.name for job in page.jobs]
        assert names == sorted(set(names), key=lambda name: (name.lower(), name))
        assert page.total == len(names) >= 3

    def test_a_pattern_selects_by_part_of_the_name(
        self, source: ExperimentSource, full: Experiment, jobs: Sequence[Job]
    ) -> None:
        counts = set()
        for pattern in _patterns(jobs):
            page = source.jobs(full, JobQuery(name=pattern))
            assert list(page.jobs) == [job for job in jobs if _matches(job.name, pattern)], pattern
            assert page.total == len(page.jobs), pattern
            counts.add(page.total)
        assert {0, len(jobs)} < counts

    def test_no_pattern_selects_all(
        self, source: ExperimentSource, full: Experiment, jobs: Sequence[Job]
    ) -> None:
        for nothing in (None, ""):
            assert list(source.jobs(full, JobQuery(name=nothing)).jobs) == list(jobs)

    def test_a_state_selects_also_together_with_a_pattern(
        self, source: ExperimentSource, full: Experiment, jobs: Sequence[Job]
    ) -> None:
        for status in JobStatus:
            for pattern in (None, jobs[0].name[-4:], f"!{jobs[0].name}"):
                expected = [job for job in jobs if job.status is status and _matches(job.name, pattern or "")]
                page = source.jobs(full, JobQuery(name=pattern, status=status))
                assert (list(page.jobs), page.total) == (expected, len(expected))

    def test_pages_together_are_the_list(
        self, source: ExperimentSource, full: Experiment, jobs: Sequence[Job]
    ) -> None:
        pattern = f"!{jobs[0].name}"
        chosen = [job for job in jobs if _matches(job.name, pattern)]
        for size in {1, 2, len(chosen), len(chosen) + 1} if len(chosen) < 20 else {7, len(chosen)}:
            pages = [
                source.jobs(full, JobQuery(name=pattern, offset=offset, limit=size))
                for offset in range(0, len(chosen) + 1, size)
            ]
            assert [job for page in pages for job in page.jobs] == chosen
            assert {page.total for page in pages} == {len(chosen)}

    def test_a_page_may_be_empty_endless_or_beyond_the_end(
        self, source: ExperimentSource, full: Experiment, jobs: Sequence[Job]
    ) -> None:
        for offset, limit, expected in (
            (0, 0, []), (1, None, jobs[1:]), (1, 10**30, jobs[1:]), (len(jobs), None, []), (10**30, 5, []),
        ):  # fmt: skip
            page = source.jobs(full, JobQuery(offset=offset, limit=limit))
            assert (list(page.jobs), page.total) == (list(expected), len(jobs))

    def test_after_leaves_out_what_comes_before_and_counts_it(
        self, source: ExperimentSource, full: Experiment, jobs: Sequence[Job]
    ) -> None:
        for job in spread(jobs):
            for after in (job.name, job.name.upper(), job.name[:-1], f"{job.name} "):
                rest = [j for j in jobs if (j.name.lower(), j.name) > (after.lower(), after)]
                page = source.jobs(full, JobQuery(after=after, limit=2))
                assert (list(page.jobs), page.total) == (rest[:2], len(jobs)), after

    def test_a_job_is_the_one_of_the_list(
        self, source: ExperimentSource, full: Experiment, jobs: Sequence[Job]
    ) -> None:
        names = {job.name for job in jobs}
        for job in spread(jobs):
            assert source.job(full, job.name) == job
            nearly = (job.name.swapcase(), job.name[:-1], f"{job.name} ", job.name.replace("_", "%"))
            for other in set(nearly) - names:
                assert source.job(full, other) is None

    def test_states_are_those_of_the_jobs(
        self, source: ExperimentSource, full: Experiment, jobs: Sequence[Job]
    ) -> None:
        expected = {job.name: job.status for job in jobs}
        states = source.states(full)
        assert states is not None
        assert sorted(states) == sorted(expected.items())
        assert source.states_of(full, []) == {}
        assert source.states_of(full, [*expected, _UNKNOWN]) == expected
        assert source.states_of(full, [jobs[-1].name]) == {jobs[-1].name: jobs[-1].status}

    def test_modified_is_a_time_in_utc(self, source: ExperimentSource, full: Experiment) -> None:
        modified = source.modified(full)
        assert modified is None or modified.utcoffset() == timedelta(0)

    def test_children_are_what_parents_are_the_other_way_round(
        self, source: ExperimentSource, full: Experiment, jobs: Sequence[Job]
    ) -> None:
        for name in (job.name for job in jobs):
            parents, children = source.parents(full, name), source.children(full, name)
            assert name not in {*parents, *children}, "a job does not wait for itself"
            assert list(children) == sorted(children)
            assert all(name in source.children(full, parent) for parent in parents)
            assert all(name in source.parents(full, child) for child in children)

    def test_edges_are_what_jobs_wait_for(
        self, source: ExperimentSource, full: Experiment, jobs: Sequence[Job]
    ) -> None:
        edges = source.edges(full)
        assert len(set(edges)) == len(edges)
        assert all(before != after for before, after in edges)
        for name in (job.name for job in jobs):
            parents = sorted(before for before, after in edges if after == name)
            children = sorted(after for before, after in edges if before == name)
            assert parents == sorted(source.parents(full, name))
            assert children == list(source.children(full, name))

    def test_whole_numbers_of_a_layout_are_integers(self, source: ExperimentSource, full: Experiment) -> None:
        for position in source.layout(full).values():
            assert len(position) == 2
            assert all(type(number) is int or not number.is_integer() for number in position)

    def test_the_last_wrapper_is_that_of_the_list(self, source: ExperimentSource, full: Experiment) -> None:
        for name, wrapper in source.wrappers(full).items():
            assert source.last_wrapper(full, name) == wrapper != ""

    def test_hostile_names_are_unknown_jobs(
        self, source: ExperimentSource, full: Experiment, jobs: Sequence[Job]
    ) -> None:
        known = {job.name: job.status for job in jobs}
        for name in (*HOSTILE_NAMES, _UNKNOWN):
            assert source.job(full, name) is None
            assert source.states_of(full, [*known, name]) == known, "it takes none of the others away"
            assert list(source.parents(full, name)) == list(source.children(full, name)) == []
            assert source.last_wrapper(full, name) is None

    def test_hostile_queries_select_what_they_say(
        self, source: ExperimentSource, full: Experiment, jobs: Sequence[Job]
    ) -> None:
        for text in HOSTILE_NAMES:
            page = source.jobs(full, JobQuery(name=text))
            assert list(page.jobs) == [job for job in jobs if _matches(job.name, text)], ascii(text[:20])
            rest = [j for j in jobs if (j.name.lower(), j.name) > (text.lower(), text)]
            assert list(source.jobs(full, JobQuery(after=text)).jobs) == rest, ascii(text[:20])

    def test_an_experiment_that_was_never_created_has_no_jobs(
        self, source: ExperimentSource, empty: Experiment
    ) -> None:
        for query in (JobQuery(), JobQuery(name="a", status=JobStatus.READY, offset=3, limit=1, after="b")):
            page = source.jobs(empty, query)
            assert (list(page.jobs), page.total) == ([], 0)
        assert source.job(empty, _UNKNOWN) is None
        assert source.states(empty) is None
        assert source.modified(empty) is None
        assert source.states_of(empty, [_UNKNOWN]) is None
        assert list(source.parents(empty, _UNKNOWN)) == list(source.children(empty, _UNKNOWN)) == []
        assert list(source.edges(empty)) == []
        assert dict(source.layout(empty)) == {}
        assert dict(source.wrappers(empty)) == {}
        assert source.last_wrapper(empty, _UNKNOWN) is None


def _patterns(jobs: Sequence[Job]) -> Iterator[str]:
    """Patterns made of the names that there are."""
    yield from ["*", "**", "!", "!!", "!*", "!!*", "[a-z]", ".", "?", "\\", "%", "_", "*_*", "nosuch"]
    for name in (job.name for job in spread(jobs)):
        third = len(name) // 3
        start, middle, end = name[:third], name[third:-third], name[-third:]
        plain = (name, middle, name.upper(), middle.lower(), f"{start}?{end}")
        starred = (
            f"{start}*{end}",
            f"{end}*{start}",
            f"{start}*{middle}*{end}",
            f"{start}**{end}",
            f"*{end}*",
        )
        for bare in (*plain, *starred, f"{name}*{name}"):
            yield from (bare, f"!{bare}", f"!!{bare}", f"!!!{bare}", f"{bare}!")


def _matches(name: str, pattern: str) -> bool:
    """What a pattern means, in other words than any source's."""
    negated = False
    while pattern.startswith("!"):
        negated, pattern = not negated, pattern[1:]
    anywhere = ".*".join(re.escape(part) for part in pattern.lower().split("*"))
    return (re.search(anywhere, name.lower(), re.DOTALL) is not None) != negated
