"""Promises about every answer of a source, whatever it is about."""

import json
import re
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import msgspec

from mestral.readers import Fingerprint
from mestral_experiments.model import Experiment
from mestral_experiments.sources.protocol import ExperimentSource, JobQuery, Part
from mestral_experiments.testing.given import Factory, Given
from mestral_experiments.testing.questions import answers, questions, without_files

_NOTHING: tuple[object, ...] = (None, [], {}, [None, None])
_THREADS = 8
_SETTLING_SECONDS = 5
_PASSWORD = re.compile(r"://[^/\s:@'\"]*:(?!\*+@)[^/\s@'\"]+@")


class WholeContract(Given):
    """Everything that can be asked, and fingerprints."""

    def test_the_full_experiment_has_what_the_others_tests_need(
        self, source: ExperimentSource, full: Experiment
    ) -> None:
        asked = questions(source, full)
        methods = {_method(text) for text in asked} | {"metrics", "run_configuration", "job_log"}
        methods.remove("obstacle")
        told = {_method(text) for text, answer in answers(source, asked).items() if answer not in _NOTHING}
        assert methods - told <= set(self.may_lack)

    def test_an_answer_stays_the_same_while_nothing_changes(
        self, source: ExperimentSource, make: Factory, full: Experiment, empty: Experiment
    ) -> None:
        for experiment in (full, empty):
            asked = questions(source, experiment)
            first = answers(source, asked)
            assert answers(source, asked) == first
            assert answers(make(), asked) == first, "another process, asked with the row that this one found"

    def test_experiments_in_turn_are_the_same_and_answer_the_same(
        self, source: ExperimentSource, full: Experiment, empty: Experiment
    ) -> None:
        for parts in ((), (Part.JOBS,), tuple(Part)):
            expected = {e.name: answers(source, questions(source, e)) for e in (full, empty)}
            walked = []
            for experiment in source.in_turn([full, full, empty], *parts):
                walked.append(experiment)
                assert answers(source, questions(source, experiment)) == expected[experiment.name]
            assert walked == [full, full, empty]
        assert list(source.in_turn([], *Part)) == []

    def test_threads_may_ask_at_once(self, make: Factory, full: Experiment) -> None:
        one, shared, start = make(), make(), Barrier(_THREADS)
        asked = questions(one, full)
        expected = answers(one, asked)

        def ask(_: int) -> bool:
            start.wait()
            return answers(shared, asked) == expected and shared.find(full.name) == full

        with ThreadPoolExecutor(_THREADS) as threads:
            assert list(threads.map(ask, range(_THREADS))) == [True] * _THREADS

    def test_every_answer_can_be_encoded(
        self, source: ExperimentSource, full: Experiment, empty: Experiment
    ) -> None:
        for experiment in (full, empty):
            for text, question in questions(source, experiment).items():
                answer = without_files(question.ask(source))
                large = text.startswith("run_configuration")  # numbers of any size
                assert json.dumps(answer) if large else msgspec.json.encode(answer), text
        assert msgspec.json.encode(source.catalog().experiments)

    def test_no_answer_tells_a_credential(self, source: ExperimentSource, full: Experiment) -> None:
        told = {text: str(answer) for text, answer in answers(source, questions(source, full)).items()}
        told["server_settings"] = str(source.server_settings())
        told["catalog"] = str(source.catalog().experiments)
        for text, answer in told.items():
            assert not [secret for secret in self.secrets if secret in answer], text
            assert _PASSWORD.search(answer) is None, text

    def test_reading_writes_nothing(
        self, source: ExperimentSource, stored: Callable[[], object], full: Experiment, empty: Experiment
    ) -> None:
        before = stored()
        for experiment in (full, empty):
            answers(source, questions(source, experiment))
            source.fingerprint(experiment, *Part)
        source.fingerprint_list(source.catalog().experiments, *Part)
        source.health()
        assert stored() == before

    def test_fingerprints_stay_equal_while_nothing_changes(
        self, source: ExperimentSource, make: Factory, full: Experiment, empty: Experiment
    ) -> None:
        other = make()
        for parts in ((), *((part,) for part in Part), tuple(Part)):
            for experiment in (full, empty):
                taken = source.fingerprint(experiment, *parts)
                assert taken.same_as(source.fingerprint(experiment, *parts))
                assert taken.same_as(other.fingerprint(experiment, *parts))
            together = source.fingerprint_list([full, empty], *parts)
            assert together.same_as(source.fingerprint_list([full, empty], *parts))
        assert source.fingerprint_list([]).same_as(source.fingerprint_list([]))

    def test_fingerprints_tell_experiments_apart(
        self, source: ExperimentSource, full: Experiment, empty: Experiment
    ) -> None:
        assert not source.fingerprint(full).same_as(source.fingerprint(empty))
        assert not source.fingerprint_list([full]).same_as(source.fingerprint_list([full, empty]))

    def test_fingerprints_settle(self, source: ExperimentSource, full: Experiment) -> None:
        def all_taken() -> list[Fingerprint]:
            return [
                source.fingerprint(full, *Part),
                source.fingerprint_list([full], *Part),
                source.configuration(full)[1],
                source.brief(full)[1],
            ]

        deadline = time.monotonic() + _SETTLING_SECONDS
        while not all(taken.settled for taken in all_taken()):
            assert time.monotonic() < deadline, all_taken()
            time.sleep(0.05)

    def test_fingerprints_that_come_along_stay_equal_too(
        self, source: ExperimentSource, full: Experiment
    ) -> None:
        job = source.jobs(full, JobQuery(limit=1)).jobs[0]

        def taken() -> list[Fingerprint]:
            return [
                source.configuration(full)[1],
                source.brief(full)[1],
                source.settings(full)[1],
                source.obstacle(full)[1],
                source.facts(full)[1],
                source.logs(full, job.name)[1],
                source.logs_by_job(full)[1],
                source.job_log(full, f"{job.name}.out", 1)[1],
                source.run_log(full, 1)[1],
                source.recovery_logs(full, 1)[1],
                source.submissions(full, [job.name])[1],
                source.submissions(full, [job.name, *(f"{job.name} {n}" for n in range(100))], last=True)[1],
            ]

        for one, other in zip(taken(), taken(), strict=True):
            assert one.same_as(other)
            assert one.same_as(other.again())


def _method(text: str) -> str:
    """Which method a question asks."""
    return text.partition("(")[0]
