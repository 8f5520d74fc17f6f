"""Data changes all the time, and a source that kept something sees it."""

from collections.abc import Callable, Mapping

import pytest

from mestral.readers import Fingerprint
from mestral_experiments.model import Experiment
from mestral_experiments.sources.protocol import ExperimentSource, Part
from mestral_experiments.testing.given import Factory, Given
from mestral_experiments.testing.questions import answers, questions

Change = Callable[[], object]


class ChangeContract(Given):
    """For tests that can change the data of the full experiment."""

    @pytest.fixture
    def changes(self) -> Mapping[Part | None, Change]:
        """Something that changes each part of the full experiment, as its workflow manager would; under None
        what changes its row. No job or run disappears. To be given by the subclass."""
        raise NotImplementedError("tests of changes give a fixture `changes`")

    def test_what_can_be_changed_is_all_that_there_is(self, changes: Mapping[Part | None, Change]) -> None:
        lacking = {Part(name) for name in ("wrappers", "metrics", "layout") if name in self.may_lack}
        assert set(changes) >= {None, *Part} - lacking

    def test_a_change_of_a_part_is_seen_at_once(
        self, source: ExperimentSource, make: Factory, full: Experiment, empty: Experiment,
        changes: Mapping[Part | None, Change],
    ) -> None:  # fmt: skip
        other = make()
        asked = questions(source, full)
        for part, change in ((part, change) for part, change in changes.items() if part):

            def taken(part: Part = part) -> list[Fingerprint]:
                return [source.fingerprint(full, part), source.fingerprint_list([full, empty], part)]

            def untouched() -> list[Fingerprint]:
                return [source.fingerprint(full), source.fingerprint(empty, *Part)]

            about = {text: question for text, question in asked.items() if question.part is part}
            before, marks, rest = answers(source, about), taken(), untouched()
            assert answers(other, about) == before
            change()
            after = answers(source, about)
            assert after != before, part
            assert answers(other, about) == after == answers(make(), about), part
            assert not any(old.same_as(new) for old, new in zip(marks, taken(), strict=True)), part
            assert all(old.same_as(new) for old, new in zip(rest, untouched(), strict=True)), part

    def test_a_change_after_a_walk_that_was_broken_off_is_seen(
        self, source: ExperimentSource, full: Experiment, empty: Experiment,
        changes: Mapping[Part | None, Change],
    ) -> None:  # fmt: skip
        for experiment in source.in_turn([full, empty], Part.JOBS):
            before = source.states(experiment)
            break
        changes[Part.JOBS]()
        assert source.states(full) != before

    def test_a_change_of_the_configuration_is_one_of_its_own_files(
        self, source: ExperimentSource, full: Experiment, changes: Mapping[Part | None, Change]
    ) -> None:
        def taken() -> tuple[Fingerprint, ...]:
            return source.configuration(full)[1], source.brief(full)[1], source.settings(full)[1]

        before = taken()
        changes[Part.CONFIGURATION]()
        assert not any(old.same_as(new) for old, new in zip(before, taken(), strict=True))

    def test_a_change_of_the_row_is_seen_at_once(
        self, source: ExperimentSource, full: Experiment, empty: Experiment,
        changes: Mapping[Part | None, Change],
    ) -> None:  # fmt: skip
        before, empty_before = source.fingerprint(full), source.fingerprint(empty)
        list_before = source.fingerprint_list([full, empty])
        changes[None]()
        changed = source.find(full.name)
        assert changed != full
        assert changed in source.catalog().experiments
        assert not source.fingerprint(changed).same_as(before)
        assert not source.fingerprint_list([changed, empty]).same_as(list_before)
        assert source.find(empty.name) == empty
        assert source.fingerprint(empty).same_as(empty_before)
