"""The logs of an experiment, what its jobs recorded themselves, and its folders."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from mestral_experiments.model import Experiment, Log, LogFiles, Submission
from mestral_experiments.sources.protocol import ExperimentSource, JobQuery
from mestral_experiments.testing.given import Given
from mestral_experiments.testing.questions import HOSTILE_NAMES, spread

_ALL = 10**6
"""More lines than there are."""


class LogsContract(Given):
    """`logs`, `logs_by_job`, `job_log`, `run_log`, `recovery_logs`, `submissions`, and where files lie."""

    @pytest.fixture
    def paths(self, source: ExperimentSource, full: Experiment) -> Sequence[Path]:
        """Logs of some jobs of the experiment that has everything."""
        jobs = spread(source.jobs(full, JobQuery()).jobs)
        found = [source.logs(full, job.name)[0] for job in jobs]
        return [Path(path) for files in found for path in (files.out, files.err) if path is not None]

    def test_folders_are_absolute(self, source: ExperimentSource, full: Experiment) -> None:
        assert source.folder(full).is_absolute()
        assert source.log_folder(full).is_absolute()

    def test_what_stands_in_the_way_is_a_sentence(
        self, source: ExperimentSource, full: Experiment, empty: Experiment
    ) -> None:
        assert source.obstacle(full)[0] is None
        sentence = source.obstacle(empty)[0]
        assert sentence is None or len(sentence) > 10

    def test_facts_are_about_the_folder(
        self, source: ExperimentSource, full: Experiment, empty: Experiment
    ) -> None:
        facts = source.facts(full)[0]
        if facts is not None:
            assert Path(facts.path) == source.folder(full)
            assert facts.owner_id >= 0
            assert facts.accessed.utcoffset() == facts.modified.utcoffset() == timedelta(0)
        assert source.facts(empty)[0] is None

    def test_the_logs_of_all_jobs_are_those_of_each(self, source: ExperimentSource, full: Experiment) -> None:
        found, _ = source.logs_by_job(full)
        names = [job.name for job in source.jobs(full, JobQuery()).jobs]
        assert any(name in found for name in names) or not found
        for name in names:
            assert found.get(name, LogFiles(None, None)) == source.logs(full, name)[0]
        assert LogFiles(None, None) not in found.values()

    def test_submissions_of_many_are_those_of_each(self, source: ExperimentSource, full: Experiment) -> None:
        names = [job.name for job in source.jobs(full, JobQuery()).jobs]
        unknown = [f"{names[0]} {number}" for number in range(100)]
        for last in (False, True):
            each: dict[str, Sequence[Submission]] = {}
            for name in names:
                alone, _ = source.submissions(full, [name], last=last)
                assert set(alone) <= {name}
                each.update(alone)
            assert source.submissions(full, [*unknown, *names], last=last)[0] == each
            assert all(len(found) == 1 if last else found for found in each.values())
        assert source.submissions(full, [])[0] == {}

    def test_the_last_submission_is_the_end_of_all(self, source: ExperimentSource, full: Experiment) -> None:
        names = [job.name for job in source.jobs(full, JobQuery()).jobs]
        every, _ = source.submissions(full, names)
        last, _ = source.submissions(full, names, last=True)
        assert last == {name: found[-1:] for name, found in every.items()}
        for found in every.values():
            assert all(one.words > 0 for one in found)
            for one in found:
                assert one.words > sum(time is not None for time in (one.submit, one.start, one.finish)) - 1

    def test_the_logs_of_a_job_can_be_read_by_name(
        self, source: ExperimentSource, full: Experiment, paths: Sequence[Path]
    ) -> None:
        for path in paths:
            log, _ = source.job_log(full, path.name, _ALL)
            assert log is not None, path
            assert (Path(log.path), path.parent) == (path, source.log_folder(full))

    def test_the_last_lines_are_the_end_of_all(
        self, source: ExperimentSource, full: Experiment, paths: Sequence[Path]
    ) -> None:
        whole = list(_logs(source, full, paths, _ALL))
        for count in (0, 1, 2):
            for log, end in zip(whole, _logs(source, full, paths, count), strict=True):
                assert (end.path, end.modified, end.problem) == (log.path, log.modified, None)
                assert list(end.lines) == (list(log.lines)[-count:] if count else [])
        for log in whole:
            assert not any("\n" in line for line in log.lines)
            assert log.modified is None or log.modified.utcoffset() == timedelta(0)

    def test_a_log_of_a_run_is_found_wherever_is_looked_first(
        self, source: ExperimentSource, full: Experiment
    ) -> None:
        either = [source.run_log(full, 1, jobs_first=first)[0] for first in (False, True)]
        assert (either[0] is None) is (either[1] is None)

    def test_each_platform_has_one_recovery_log(self, source: ExperimentSource, full: Experiment) -> None:
        platforms = [found.platform for found in source.recovery_logs(full, 1)[0]]
        assert platforms == sorted(set(platforms))

    def test_hostile_names_have_no_logs(
        self, source: ExperimentSource, full: Experiment, paths: Sequence[Path]
    ) -> None:
        nearly = [path.name[:-1] for path in paths] + [f"../{path.parent.name}/{path.name}" for path in paths]
        for name in (*HOSTILE_NAMES, *nearly):
            assert source.logs(full, name)[0] == LogFiles(None, None)
            assert source.submissions(full, [name])[0] == {}
            for lines in (0, 5):
                assert source.job_log(full, name, lines)[0] is None

    def test_an_experiment_that_was_never_created_has_no_logs(
        self, source: ExperimentSource, empty: Experiment
    ) -> None:
        assert source.logs(empty, "a")[0] == LogFiles(None, None)
        assert source.job_log(empty, f"{empty.name}_a.out", 5)[0] is None
        assert source.run_log(empty, 5)[0] is None
        assert source.run_log(empty, 5, jobs_first=True)[0] is None
        assert list(source.recovery_logs(empty, 5)[0]) == []
        assert source.logs_by_job(empty)[0] == {}
        assert source.submissions(empty, ["a", *map(str, range(100))])[0] == {}


def _logs(source: ExperimentSource, full: Experiment, paths: Sequence[Path], lines: int) -> Iterator[Log]:
    """Logs of all kinds."""
    found = [source.job_log(full, path.name, lines)[0] for path in paths]
    found.append(source.run_log(full, lines)[0])
    yield from (log for log in found if log is not None)
    yield from (recovery.log for recovery in source.recovery_logs(full, lines)[0])
