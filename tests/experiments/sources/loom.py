"""Loom, an imaginary workflow manager, and a third party's plugin that reads it.

Loom keeps its flows in memory. It has neither wrappers nor metrics nor files, and it numbers nothing.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from mestral import Manifest, Service, hookimpl, not_found, unavailable
from mestral.readers import Fingerprint, content_digest, fingerprint
from mestral_experiments.model import (
    Attempt,
    Brief,
    Condition,
    Configuration,
    Experiment,
    FolderFacts,
    Job,
    JobStatus,
    Log,
    LogFiles,
    PartName,
    PartState,
    RecoveryLog,
    Resources,
    Run,
    SectionSettings,
    Settings,
    Submission,
    Times,
    UserMetric,
)
from mestral_experiments.sources.catalog import Catalog
from mestral_experiments.sources.joblist import JobList
from mestral_experiments.sources.protocol import JobPage, JobQuery, Part


class Flow(msgspec.Struct):
    """A flow of Loom: its tasks with the word for their state, what waits for what, when tasks ran."""

    tasks: dict[str, str] = {}
    needs: list[tuple[str, str]] = []
    ran: list[tuple[str, int, int]] = []
    options: dict[str, str] = {}
    torn: set[Part] = set()


class Loom(msgspec.Struct):
    """All there is."""

    flows: dict[str, Flow]
    titles: dict[str, str]
    unplugged: bool = False


def new_loom() -> Loom:
    """One flow that was run and one that was not."""
    weave = Flow(
        tasks={"warp": "done", "Weft": "done", "weave": "moving", "cut": "idle"},
        needs=[("warp", "weave"), ("Weft", "weave"), ("weave", "cut")],
        ran=[("warp", 100, 160), ("Weft", 100, 150), ("weave", 200, 0)],
        options={"YARN": "wool", "DYE_TOKEN": "indigo7"},
    )
    return Loom({"linen": weave, "spare": Flow()}, {"linen": "Table cloth", "spare": ""})


LOOM = new_loom()

_STATES = {"done": JobStatus.COMPLETED, "moving": JobStatus.RUNNING, "idle": JobStatus.WAITING}
_PARTS = {
    PartName.JOB_LIST: Part.JOBS,
    PartName.STRUCTURE: Part.STRUCTURE,
    PartName.HISTORY: Part.HISTORY,
    PartName.CONFIGURATION: Part.CONFIGURATION,
}


class LoomSource:
    """Implements `ExperimentSource`."""

    def __init__(self, settings: object, state_dir: Path, loom: Loom | None = None) -> None:
        self._loom = loom or LOOM

    def catalog(self) -> Catalog:
        if self._loom.unplugged:
            raise unavailable("The loom does not answer", retry_after=1)
        return Catalog.of(
            Experiment(number, name, self._loom.titles[name], status="RUNNING" if flow.tasks else None)
            for number, (name, flow) in enumerate(self._loom.flows.items(), 1)
        )

    def find(self, expid: str) -> Experiment:
        found = self.catalog().find(expid)
        if found is None:
            raise not_found(f"Experiment with expid '{expid}' not found.")
        return found

    def fingerprint(self, experiment: Experiment, *parts: Part) -> Fingerprint:
        flow = self._loom.flows[experiment.name]
        data = {Part.JOBS: flow.tasks, Part.STRUCTURE: flow.needs, Part.HISTORY: flow.ran,
                Part.CONFIGURATION: flow.options}  # fmt: skip
        state = [(part, data.get(part), part in flow.torn) for part in parts]
        return fingerprint((), content_digest(experiment, state))

    def fingerprint_list(self, experiments: Sequence[Experiment], *parts: Part) -> Fingerprint:
        return fingerprint((), content_digest([self.fingerprint(e, *parts).content for e in experiments]))

    def in_turn(self, experiments: Sequence[Experiment], *parts: Part) -> Iterator[Experiment]:
        return iter(experiments)

    def jobs(self, experiment: Experiment, query: JobQuery) -> JobPage:
        return JobList.of(self._jobs(experiment)).select(query)

    def job_list(self, experiment: Experiment) -> Sequence[Job] | None:
        return self._jobs(experiment) or None

    def job(self, experiment: Experiment, name: str) -> Job | None:
        return next((job for job in self._jobs(experiment) if job.name == name), None)

    def states(self, experiment: Experiment) -> Sequence[tuple[str, JobStatus]] | None:
        return [(job.name, job.status) for job in self._jobs(experiment)] or None

    def states_of(self, experiment: Experiment, names: Sequence[str]) -> Mapping[str, JobStatus] | None:
        states = self.states(experiment)
        return None if states is None else {name: state for name, state in states if name in names}

    def modified(self, experiment: Experiment) -> datetime | None:
        return datetime(2026, 1, 1, tzinfo=UTC) if self._loom.flows[experiment.name].tasks else None

    def parents(self, experiment: Experiment, job: str) -> Sequence[str]:
        return [first for first, then in self._flow(experiment, Part.STRUCTURE).needs if then == job]

    def children(self, experiment: Experiment, job: str) -> Sequence[str]:
        return sorted(then for first, then in self._flow(experiment, Part.STRUCTURE).needs if first == job)

    def edges(self, experiment: Experiment) -> Sequence[tuple[str, str]]:
        return list(self._flow(experiment, Part.STRUCTURE).needs)

    def layout(self, experiment: Experiment) -> Mapping[str, tuple[float, float]]:
        return {}

    def wrappers(self, experiment: Experiment) -> Mapping[str, str]:
        return {}

    def last_wrapper(self, experiment: Experiment, job: str) -> str | None:
        return None

    def latest_run(self, experiment: Experiment) -> Run | None:
        return next(iter(self.runs(experiment)), None)

    def runs(self, experiment: Experiment) -> Sequence[Run]:
        flow = self._flow(experiment, Part.HISTORY)
        return [Run(1, None, flow.ran[0][1], None, None, None, total=len(flow.tasks))] if flow.ran else []

    def run_configuration(self, experiment: Experiment, run_id: int) -> dict[str, Any] | None:
        return {} if run_id == 1 and self.runs(experiment) else None

    def attempts(
        self,
        experiment: Experiment,
        *,
        name: str | None = None,
        run_id: int | None = None,
        completed: Collection[str] | None = None,
        last: bool = False,
    ) -> Sequence[Attempt]:
        flow = self._flow(experiment, Part.HISTORY)
        found = [
            Attempt(task, None, start, finish or None, _STATES[flow.tasks[task]].name, None, 2, *[None] * 17)
            for task, start, finish in flow.ran
            if name in (None, task) and run_id in (None, 1)
        ]
        found = [msgspec.structs.replace(attempt, section="TASK", run_id=1) for attempt in found]
        if completed is None:
            return found
        return [attempt for attempt in found if attempt.status == "COMPLETED" and "TASK" in completed]

    def last_times(self, experiment: Experiment) -> Sequence[Times]:
        return [Times.of(one) for one in self.attempts(experiment)]

    def metric_runs(self, experiment: Experiment) -> Sequence[int]:
        return ()

    def metrics(self, experiment: Experiment, run_id: int) -> Sequence[UserMetric]:
        return ()

    def configuration(self, experiment: Experiment) -> tuple[Configuration, Fingerprint]:
        options = self._flow(experiment, Part.CONFIGURATION).options
        shown = {name: "********" if "TOKEN" in name else value for name, value in options.items()}
        return Configuration(shown, as3=False), self.fingerprint(experiment, Part.CONFIGURATION)

    def settings(self, experiment: Experiment) -> tuple[Settings | None, Fingerprint]:
        options, taken = self.configuration(experiment)
        of_loom = Resources("LOOM")
        known = Settings(
            chunk_size=None, chunk_unit=None, workflow_commit=None, version=None, hpc="LOOM", model="NA",
            branch="NA", update_seconds=1, sections={"TASK": SectionSettings("LOOM", "", 1, "")},
            resources={"TASK": of_loom}, no_resources=of_loom, platforms={}, as3=False,
        )  # fmt: skip
        return known if options.data else None, taken

    def brief(self, experiment: Experiment) -> tuple[Brief | None, Fingerprint]:
        options, taken = self.configuration(experiment)
        return Brief("LOOM", None, None) if options.data else None, taken

    def logs(self, experiment: Experiment, job: str) -> tuple[LogFiles, Fingerprint]:
        return LogFiles(None, None), Fingerprint()

    def logs_by_job(self, experiment: Experiment) -> tuple[Mapping[str, LogFiles], Fingerprint]:
        return {}, Fingerprint()

    def job_log(self, experiment: Experiment, name: str, lines: int) -> tuple[Log | None, Fingerprint]:
        return None, Fingerprint()

    def run_log(
        self, experiment: Experiment, lines: int, *, jobs_first: bool = False
    ) -> tuple[Log | None, Fingerprint]:
        return None, Fingerprint()

    def recovery_logs(self, experiment: Experiment, lines: int) -> tuple[Sequence[RecoveryLog], Fingerprint]:
        return (), Fingerprint()

    def submissions(
        self, experiment: Experiment, jobs: Collection[str], *, last: bool = False
    ) -> tuple[Mapping[str, Sequence[Submission]], Fingerprint]:
        return {}, Fingerprint()

    def conditions(self, experiment: Experiment) -> Sequence[Condition]:
        flow = self._loom.flows[experiment.name]
        found = []
        for name in PartName:
            if name not in _PARTS or not flow.tasks:
                found.append(Condition(name, PartState.MISSING, reason="There is none."))
            elif _PARTS[name] in flow.torn:
                found.append(Condition(name, PartState.DAMAGED, reason="The thread is torn."))
            else:
                found.append(Condition(name, PartState.OK, format="threads"))
        return found

    def server_settings(self) -> dict[str, str | int | bool]:
        return {"LOOMS": 1}

    def health(self) -> str | None:
        return "The loom is unplugged: plug it in." if self._loom.unplugged else None

    def close(self) -> None:
        pass

    def obstacle(self, experiment: Experiment) -> tuple[str | None, Fingerprint]:
        return None, Fingerprint()

    def facts(self, experiment: Experiment) -> tuple[FolderFacts | None, Fingerprint]:
        return None, Fingerprint()

    def folder(self, experiment: Experiment) -> Path:
        return Path("/loom") / experiment.name

    def log_folder(self, experiment: Experiment) -> Path:
        return self.folder(experiment) / "logs"

    def _flow(self, experiment: Experiment, part: Part) -> Flow:
        flow = self._loom.flows[experiment.name]
        if part in flow.torn:
            raise unavailable("The thread of the flow is torn")
        return flow

    def _jobs(self, experiment: Experiment) -> list[Job]:
        return [
            Job(task, None, _STATES[word], 0, "TASK", *[None] * 9)
            for task, word in self._flow(experiment, Part.JOBS).tasks.items()
        ]


class LoomPlugin:
    """Offers the source."""

    manifest = Manifest(name="loom", version="1.0", summary="Flows of Loom.", requires_api=">=0.1,<0.2")

    @hookimpl
    def mestral_services(self) -> Sequence[Service]:
        """Chosen by `[plugins.experiments] source = "loom"`."""
        return [Service(slot="experiments.source", name="loom", factory=f"{__name__}:LoomSource")]


plugin = LoomPlugin()
