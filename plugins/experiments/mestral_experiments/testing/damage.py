"""What cannot be read is said in a sentence, harms nothing else, and is over as soon as it is mended."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager

import pytest

from mestral import Problem
from mestral_experiments.model import Experiment, PartName, PartState
from mestral_experiments.sources.protocol import ExperimentSource, Part
from mestral_experiments.testing.given import Given
from mestral_experiments.testing.questions import Question, answers, is_sentence, questions

Damage = Callable[[], AbstractContextManager[None]]

_NAMES = {
    Part.JOBS: PartName.JOB_LIST,
    Part.STRUCTURE: PartName.STRUCTURE,
    Part.HISTORY: PartName.HISTORY,
    Part.CONFIGURATION: PartName.CONFIGURATION,
    Part.WRAPPERS: PartName.WRAPPERS,
    Part.LAYOUT: PartName.LAYOUT,
}


class DamageContract(Given):
    """For tests that can damage the data of the full experiment."""

    @pytest.fixture
    def damages(self) -> Mapping[Part | None, Damage]:
        """Contexts in which a part of the full experiment cannot be used; under None what tells which
        experiments there are. To be given by the subclass."""
        raise NotImplementedError("tests of damage give a fixture `damages`")

    def test_damage_of_a_part_is_told_and_harms_no_other_experiment(
        self, source: ExperimentSource, full: Experiment, damages: Mapping[Part | None, Damage]
    ) -> None:
        asked = questions(source, full)
        others = {e.name: questions(source, e) for e in source.catalog().experiments if e != full}
        others_before = {name: answers(source, about) for name, about in others.items()}
        for part, damage in ((part, damage) for part, damage in damages.items() if part):
            about = {text: question for text, question in asked.items() if question.part is part}
            before = answers(source, about)
            with damage():
                for text, question in about.items():
                    _fails(source, text, question)
                answers(source, asked)  # nothing but a Problem may be raised
                assert {name: answers(source, other) for name, other in others.items()} == others_before
                assert source.find(full.name) == full
            assert answers(source, about) == before, "it is mended"

    def test_damage_shows_in_the_condition_of_the_part(
        self, source: ExperimentSource, full: Experiment, damages: Mapping[Part | None, Damage]
    ) -> None:
        before = _states(source, full)
        for part, name in _NAMES.items():
            if part not in damages:
                continue
            with damages[part]():
                found = {condition.part: condition for condition in source.conditions(full)}
                assert found[name].state not in (PartState.OK, PartState.MISSING)
                assert found[name].reason is not None
                assert is_sentence(found[name].reason or "")
            assert _states(source, full) == before, "it is mended"

    def test_fingerprints_can_be_taken_of_what_is_damaged(
        self, source: ExperimentSource, full: Experiment, damages: Mapping[Part | None, Damage]
    ) -> None:
        for part, damage in ((part, damage) for part, damage in damages.items() if part):
            before = source.fingerprint(full, part)
            with damage():
                damaged = source.fingerprint(full, part)
                assert not damaged.same_as(before)
            assert not source.fingerprint(full, part).same_as(damaged)

    def test_damage_of_the_catalog_is_told_and_passes(
        self, source: ExperimentSource, damages: Mapping[Part | None, Damage]
    ) -> None:
        before = source.catalog().experiments
        with damages[None]():
            _fails(source, "catalog", Question(None, lambda source: source.catalog()))
            _fails(source, "find", Question(None, lambda source: source.find(self.full_expid)))
            assert source.health()
        assert source.catalog().experiments == before, "it is mended"
        assert source.health() is None


def _fails(source: ExperimentSource, text: str, question: Question) -> None:
    with pytest.raises(Problem) as caught:
        question.ask(source)
    assert caught.value.status == 503, text
    assert is_sentence(caught.value.message), text


def _states(source: ExperimentSource, experiment: Experiment) -> list[PartState]:
    return [condition.state for condition in source.conditions(experiment)]
