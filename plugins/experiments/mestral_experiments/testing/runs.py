"""What happened in an experiment, its metrics and its configuration."""

from collections.abc import Sequence

import pytest

from mestral_experiments.model import Attempt, Experiment, PartName, PartState, Run, SectionSettings, Times
from mestral_experiments.sources.protocol import ExperimentSource
from mestral_experiments.testing.given import Given
from mestral_experiments.testing.questions import HOSTILE_NAMES, HOSTILE_NUMBERS


class RunsContract(Given):
    """Runs, attempts, metrics, configurations, conditions."""

    @pytest.fixture
    def runs(self, source: ExperimentSource, full: Experiment) -> Sequence[Run]:
        """All runs of the experiment that has everything."""
        return source.runs(full)

    @pytest.fixture
    def attempts(self, source: ExperimentSource, full: Experiment) -> Sequence[Attempt]:
        """All attempts of its jobs."""
        return source.attempts(full)

    def test_runs_come_by_number_and_the_latest_is_the_last(
        self, source: ExperimentSource, full: Experiment, runs: Sequence[Run]
    ) -> None:
        ids = [run.run_id for run in runs]
        assert ids == sorted(set(ids))
        assert source.latest_run(full) == (runs[-1] if runs else None)

    def test_a_run_has_a_configuration_and_an_unknown_one_has_none(
        self, source: ExperimentSource, full: Experiment, runs: Sequence[Run]
    ) -> None:
        for run in runs:
            assert isinstance(source.run_configuration(full, run.run_id), dict)
        for number in HOSTILE_NUMBERS:
            assert source.run_configuration(full, number) is None

    def test_attempts_of_a_job_are_those_of_the_list(
        self, source: ExperimentSource, full: Experiment, attempts: Sequence[Attempt]
    ) -> None:
        for name in {attempt.name for attempt in attempts}:
            assert list(source.attempts(full, name=name)) == [a for a in attempts if a.name == name]
        for name in HOSTILE_NAMES:
            assert list(source.attempts(full, name=name)) == []

    def test_attempts_of_a_run_are_those_of_the_list(
        self, source: ExperimentSource, full: Experiment, attempts: Sequence[Attempt]
    ) -> None:
        ids = {attempt.run_id for attempt in attempts if attempt.run_id is not None}
        for run_id in ids:
            assert list(source.attempts(full, run_id=run_id)) == [a for a in attempts if a.run_id == run_id]
        for number in {*HOSTILE_NUMBERS} - ids:
            assert list(source.attempts(full, run_id=number)) == []

    def test_completed_attempts_of_sections_are_those_of_the_list(
        self, source: ExperimentSource, full: Experiment, attempts: Sequence[Attempt]
    ) -> None:
        done = [attempt for attempt in attempts if attempt.status == "COMPLETED"]
        known = {word for attempt in done for word in (attempt.section, attempt.member) if word is not None}
        for words in (*([word] for word in sorted(known)), sorted(known), [*HOSTILE_NAMES, *sorted(known)]):
            expected = [attempt for attempt in done if {attempt.section, attempt.member}.intersection(words)]
            assert list(source.attempts(full, completed=words)) == expected
            for run_id in {attempt.run_id for attempt in expected} - {None}:
                of_run = [attempt for attempt in expected if attempt.run_id == run_id]
                assert list(source.attempts(full, completed=words, run_id=run_id)) == of_run
        for nothing in ([], ["no such section"], set[str]()):
            assert list(source.attempts(full, completed=nothing)) == []

    def test_one_attempt_of_each_job_counts(
        self, source: ExperimentSource, full: Experiment, attempts: Sequence[Attempt]
    ) -> None:
        last = source.attempts(full, last=True)
        assert len({attempt.name for attempt in last}) == len(last)
        assert all(attempt in attempts for attempt in last)
        assert all(attempt.rowtype is not None and attempt.rowtype >= 1 for attempt in last)
        for attempt in last:
            assert list(source.attempts(full, name=attempt.name, last=True)) == [attempt]
        counters = {attempt.name: attempt.counter for attempt in last}
        assert {name: counters.get(name) for name in self.last_counters} == self.last_counters

    def test_last_times_are_those_of_the_attempts_that_count(
        self, source: ExperimentSource, full: Experiment
    ) -> None:
        last = source.attempts(full, last=True)
        expected = {a.name: Times(a.name, a.submit, a.start, a.finish) for a in last}
        found = source.last_times(full)
        assert {times.name: times for times in found} == expected
        assert len(found) == len(expected)

    def test_runs_with_metrics_come_newest_first(self, source: ExperimentSource, full: Experiment) -> None:
        ids = list(source.metric_runs(full))
        assert ids == sorted(set(ids), reverse=True)
        assert all(source.metrics(full, run_id) for run_id in ids)
        for number in HOSTILE_NUMBERS:
            assert list(source.metrics(full, number)) == []

    def test_settings_know_the_sections_of_the_configuration(
        self, source: ExperimentSource, full: Experiment
    ) -> None:
        settings, _ = source.settings(full)
        assert settings is not None
        assert set(settings.sections) == set(settings.resources) != set()
        for name in settings.sections:
            assert settings.section(name) == settings.sections[name]
            assert settings.resources_of(name) == settings.resources[name]

    def test_hostile_names_are_unknown_sections(self, source: ExperimentSource, full: Experiment) -> None:
        settings, _ = source.settings(full)
        assert settings is not None
        nowhere = SectionSettings("", "", 1, "") if settings.as3 else None
        for name in HOSTILE_NAMES:
            assert settings.section(name) == nowhere
            assert settings.resources_of(name) == settings.no_resources

    def test_every_part_has_a_condition(self, source: ExperimentSource, full: Experiment) -> None:
        found = source.conditions(full)
        assert [condition.part for condition in found] == list(PartName)
        for condition in found:
            assert condition.state in (PartState.OK, PartState.MISSING), condition
            assert (condition.reason is None) is (condition.state is PartState.OK), condition

    def test_an_experiment_that_was_never_created_has_nothing(
        self, source: ExperimentSource, empty: Experiment
    ) -> None:
        assert list(source.runs(empty)) == []
        assert list(source.metric_runs(empty)) == []
        assert list(source.metrics(empty, 1)) == []
        assert list(source.attempts(empty)) == list(source.attempts(empty, name="a", last=True)) == []
        assert list(source.last_times(empty)) == []
        assert source.latest_run(empty) is None
        assert source.run_configuration(empty, 1) is None
        assert source.configuration(empty)[0].data == {}
        assert source.brief(empty)[0] is None
        assert source.settings(empty)[0] is None
        assert list(source.attempts(empty, run_id=1)) == list(source.attempts(empty, completed=["a"])) == []
        assert {condition.state for condition in source.conditions(empty)} == {PartState.MISSING}
