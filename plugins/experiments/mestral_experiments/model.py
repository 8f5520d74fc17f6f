"""The vocabulary of experiments: what sources produce and views consume.

Guarantees: plain frozen records, no I/O, no HTTP, no knowledge of file formats. Times are aware UTC datetimes
or epoch seconds as said; a value that is missing, unreadable or out of range is None (or the default said).
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import IntEnum, StrEnum
from typing import Annotated, Any

import msgspec
from msgspec import Meta


class JobStatus(IntEnum):
    """Job states of Autosubmit and their codes (formats/AUTOSUBMIT_DATA.md 7)."""

    SUSPENDED = -3
    UNKNOWN = -2
    FAILED = -1
    WAITING = 0
    READY = 1
    SUBMITTED = 2
    QUEUING = 3
    RUNNING = 4
    COMPLETED = 5
    HELD = 6
    PREPARED = 7
    SKIPPED = 8
    DELAYED = 9

    @classmethod
    def of(cls, value: object) -> "JobStatus":
        """The state of a code or name; anything unknown is UNKNOWN."""
        return _STATUS.get(value, cls.UNKNOWN) if isinstance(value, int | str) else cls.UNKNOWN


_STATUS: dict[object, JobStatus] = {s.value: s for s in JobStatus} | {s.name: s for s in JobStatus}


class Experiment(msgspec.Struct, frozen=True, array_like=True):
    """One row of the experiment table with its details and status rows.

    Attributes:
        id: Row id in the main database.
        name: The expid.
        description: Free text, "" when absent.
        version: Autosubmit version as stored, None when absent.
        user, created, hpc, model, branch: From `details`; None without a row. `created` is text as stored.
        status: `RUNNING` or `NOT RUNNING` from `experiment_status`; None without a row.
        has_details: Whether a details row exists (rows without one match no filter on details).
    """

    id: int
    name: str
    description: str = ""
    version: str | None = None
    user: str | None = None
    created: str | None = None
    model: str | None = None
    branch: str | None = None
    hpc: str | None = None
    status: str | None = None
    has_details: bool = False


class Job(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One job of a job list.

    Attributes:
        name: Job name, unique in the list.
        id: Scheduler id or number given at creation; None when not an integer.
        status: State.
        priority: 0 when unreadable.
        section: Section of the configuration, "" when unreadable.
        date: Start date, naive; None when the job has none.
        member, chunk: None when the job has none.
        split, splits: Positive integers or None.
        out_local, err_local, out_remote, err_remote: Log file names exactly as stored ("" included), or None.
    """

    name: str
    id: int | None
    status: JobStatus
    priority: int
    section: str
    date: Annotated[datetime, Meta(tz=False)] | None
    member: str | None
    chunk: int | None
    split: int | None
    splits: int | None
    out_local: str | None
    err_local: str | None
    out_remote: str | None
    err_remote: str | None


class Run(msgspec.Struct, frozen=True, array_like=True):
    """One row of `experiment_run`; counters are 0 when NULL, times are epoch seconds or None when not > 0."""

    run_id: int
    created: str | None
    start: int | None
    finish: int | None
    chunk_unit: str | None
    chunk_size: int | None
    completed: int = 0
    total: int = 0
    failed: int = 0
    queuing: int = 0
    running: int = 0
    submitted: int = 0
    suspended: int = 0


class Attempt(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One row of `job_data`: one submission of a job (formats/AUTOSUBMIT_DATA.md 4.2).

    Every value but the name is None where it is not recorded. Real data breaks the order of the times: a
    start before the submission, a finish before the start.

    Attributes:
        name: Name of the job.
        submit, start, finish: Epoch seconds; None when not yet or unknown.
        status: Name of a state as stored, which may be none of `JobStatus`. Where it is the name of the job's
            own state, the times are shown as those of the job.
        counter: Number of the attempt over all runs of the job; the first is 0 or 1.
        rowtype: 2 normal, 1 inside a wrapper, above 2 the code shared by the jobs of a wrapper.
        ncpus, nnodes: Processors and nodes, often 0 when unknown.
        wallclock: Limit as `HH:MM` or `H:MM`.
        qos, platform: As stored, in any case.
        energy: Joules, 0 when unknown; of a whole wrapper in some versions.
        date: Start date as stored.
        section, member: As stored; in very old rows each holds the other.
        chunk, split, splits: None when the job has none.
        job_id: Number given by the scheduler, or process id.
        run_id: Run it belongs to.
        max_rss, ave_rss: Bytes, 0 when unknown.
        out, err: Names of its log files.
        rowstatus: 0 initial, 1 completed, 2 processed, 3 faulty, 4 changed by hand, 5 pending.
        workflow_commit: Git commit of the workflow.
        fail_count: Number of the attempt within the run, from 0.
    """

    name: str
    submit: int | None
    start: int | None
    finish: int | None
    status: str | None
    counter: int | None
    rowtype: int | None
    ncpus: int | None
    nnodes: int | None
    wallclock: str | None
    qos: str | None
    platform: str | None
    energy: int | float | None
    date: str | None
    section: str | None
    member: str | None
    chunk: int | None
    split: int | None
    splits: int | None
    job_id: int | None
    run_id: int | None
    max_rss: int | float | None
    ave_rss: int | float | None
    out: str | None
    err: str | None
    rowstatus: int | None
    workflow_commit: str | None
    fail_count: int | None


class Times(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """When an attempt of a job was submitted, started and finished; see `Attempt`."""

    name: str
    submit: int | None
    start: int | None
    finish: int | None


class UserMetric(msgspec.Struct, frozen=True, array_like=True):
    """A value that a job measured in a run; always a text. `modified` is as stored."""

    job_name: str
    metric_name: str
    metric_value: str
    modified: str | None


class Configuration(msgspec.Struct, frozen=True):
    """The effective configuration of an experiment, as Autosubmit itself would see it.

    Attributes:
        data: Autosubmit 4: the merged dictionary with upper-case keys. Autosubmit 3: `conf, exp, platforms,
            jobs, proj`, each section -> option -> text. Values of JSON, dates and times. No credential and
            nothing of the server's environment is in it. Empty where there is none.
        as3: Whether it was read from the ini files of Autosubmit 3.
    """

    data: dict[str, Any]
    as3: bool


class Brief(msgspec.Struct, frozen=True, array_like=True):
    """What lists of experiments show of a configuration (contract/API_V3.md 2.4).

    Attributes:
        hpc: Main platform: upper-case in Autosubmit 4, as written in Autosubmit 3; None when there is none.
        version: Version of Autosubmit that the configuration names, None when it names none.
        wrapper: Types of the wrappers, upper-case, each once, separated by `, `; None without wrappers.
    """

    hpc: str | None
    version: str | None
    wrapper: str | None


class PartName(StrEnum):
    """The parts of an experiment's data."""

    JOB_LIST = "job_list"
    STRUCTURE = "structure"
    HISTORY = "history"
    CONFIGURATION = "configuration"
    LOGS = "logs"
    WRAPPERS = "wrappers"
    LAYOUT = "layout"


class PartState(StrEnum):
    """In what state a part is: contract/API_V4.md 10.1 says what missing and damaged mean."""

    OK = "ok"
    MISSING = "missing"
    BUSY = "busy"
    UNREADABLE = "unreadable"
    DAMAGED = "damaged"


class Condition(msgspec.Struct, frozen=True):
    """In what condition one part of an experiment's data is.

    Attributes:
        part: Which one.
        state: `ok`: what is served of it can be read now. `busy`: it may be, later. `unreadable`: the user
            that the server runs as may not read it.
        format: What was found, in words; None where nothing is known of it.
        size: Bytes of its files; None without files, or with too many to add up.
        modified: When its files changed last (aware, UTC); None without files.
        reason: Why it is not `ok`, in a sentence without paths; None when it is.
    """

    part: PartName
    state: PartState
    format: str | None = None
    size: int | None = None
    modified: datetime | None = None
    reason: str | None = None


class SectionSettings(msgspec.Struct, frozen=True, array_like=True):
    """What a configuration says about the jobs of one section; "" for what it does not say.

    Attributes:
        platform: Upper-case in Autosubmit 4, as written in Autosubmit 3.
        queue: As written.
        processors: 0 when what is written is no number of processors.
        wallclock: As written, without seconds in Autosubmit 4.
    """

    platform: str
    queue: str
    processors: int
    wallclock: str


class Resources(msgspec.Struct, frozen=True, array_like=True):
    """What the jobs of one section get, with what their platform says (contract/API_V3.md 1.6).

    Attributes:
        platform: Where they run: the section's own, else the main platform; "" when neither is said.
        queue: Of a job outside of wrappers, "" when it is not said.
        wrapper_queue: Of a job inside a wrapper.
        processors: Requested (contract/METRICS.md 4.1), 0 when what is written is no number.
        elements: Processing elements that they occupy (METRICS.md 4.3).
        wallclock: `HH:MM` as written, "" when it is not said.
    """

    platform: str = ""
    queue: str = ""
    wrapper_queue: str = ""
    processors: int = 1
    elements: int = 1
    wallclock: str = ""


class Footprint(msgspec.Struct, frozen=True, array_like=True):
    """What a platform says about its carbon footprint; each a number, None, or the text that is no number.

    Attributes:
        cf: Grams of CO2 for each MWh.
        pue: Power usage effectiveness, a ratio.
    """

    cf: float | str | None = None
    pue: float | str | None = None


class Settings(msgspec.Struct, frozen=True):
    """What a configuration says about an experiment, its jobs and its platforms.

    Attributes:
        chunk_size, chunk_unit: Of the experiment; None when what is written cannot be used. The unit is lower
            case in Autosubmit 3, and as written in Autosubmit 4.
        workflow_commit: Git commit of the workflow; None when it is not said.
        version: Version of Autosubmit that the configuration names; None when it names none.
        hpc: Main platform, upper-case in Autosubmit 4, as written in Autosubmit 3; "" when there is none.
        model, branch: Origin and branch of a git project, the address of a Subversion project; else "NA".
        update_seconds: How long Autosubmit waits between two looks at the jobs (SAFETYSLEEPTIME).
        sections: By name. Autosubmit 4: upper-case.
        resources: By the same names.
        no_resources: Of the jobs of a section that the configuration does not name.
        platforms: Those that say something about their footprint, by name as `Resources.platform` writes it.
        as3: Whether it was read from the ini files of Autosubmit 3.
    """

    chunk_size: int | None
    chunk_unit: str | None
    workflow_commit: str | None
    version: str | None
    hpc: str
    model: str
    branch: str
    update_seconds: int
    sections: Mapping[str, SectionSettings]
    resources: Mapping[str, Resources]
    no_resources: Resources
    platforms: Mapping[str, Footprint]
    as3: bool

    def section(self, name: str) -> SectionSettings | None:
        """What it says about the jobs of a section, as the job list names it; None without such a section."""
        if self.as3:
            return self.sections.get(name) or SectionSettings("", "", 1, "")
        return self.sections.get(name.upper())

    def resources_of(self, section: str) -> Resources:
        """What the jobs of a section get, as the job list names it."""
        return self.resources.get(section if self.as3 else section.upper(), self.no_resources)


class Submission(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One line of what a job records itself: one submission (contract/METRICS.md 2.3, 7).

    Attributes:
        submit, start, finish: Epoch seconds; None where there is no such word, or it is no time.
        status: The fourth word when it is no time: a state; None without one.
        words: How many words the line has. A time that is None although there is a word for it is unreadable.
    """

    submit: int | None
    start: int | None
    finish: int | None
    status: str | None
    words: int


class FolderFacts(msgspec.Struct, frozen=True, array_like=True):
    """What the file system says about the folder of an experiment.

    Attributes:
        path: Absolute path.
        owner_id: User id of its owner.
        owner: Name of its owner, "" for an unknown user.
        accessed, modified: When (aware, UTC).
    """

    path: str
    owner_id: int
    owner: str
    accessed: Annotated[datetime, Meta(tz=True)]
    modified: Annotated[datetime, Meta(tz=True)]


class LogFiles(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Absolute paths of the logs of standard output and error of one job, None when there is none."""

    out: str | None
    err: str | None


class Log(msgspec.Struct, frozen=True, array_like=True):
    """The end of a log.

    Attributes:
        path: Absolute path of the file.
        modified: When it changed last (aware, UTC); None when it is not known.
        lines: The last ones that could be read, without line ends, oldest first.
        problem: Why `lines` are not the end of the log, in a sentence without paths; None when they are.
    """

    path: str
    modified: Annotated[datetime, Meta(tz=True)] | None
    lines: Sequence[str] = ()
    problem: str | None = None


class RecoveryLog(msgspec.Struct, frozen=True, array_like=True):
    """What Autosubmit logged while it fetched the logs of jobs from a platform.

    Attributes:
        platform: As in the file's name, may be empty.
        started: When, as in the file's name: naive, in the time zone of whoever ran Autosubmit.
        log: The log.
    """

    platform: str
    started: Annotated[datetime, Meta(tz=False)]
    log: Log
