"""What the readers tell of their work, for metrics and traces."""

import msgspec


class JobReport(msgspec.Struct, frozen=True, kw_only=True):
    """A job that ended.

    Attributes:
        plugin: Whose route asked for it first.
        render: Import path of the render function.
        outcome: `rendered`; `refused`, by a Problem; `failed`, by another exception; `expired`, over
            `readers.time_seconds`; `died`, the reader ended; `rejected`, no reader began with it.
        asked_ns: When it was asked for: nanoseconds since the epoch.
        waited: Seconds until a reader began with it, or until it was rejected.
        begun: Whether a reader began with it.
        seconds: Seconds from then to its end, as the front sees it.
        parse_seconds: The part of it that went into parsed copies (`Memo`).
    """

    plugin: str
    render: str
    outcome: str
    asked_ns: int
    waited: float
    begun: bool
    seconds: float
    parse_seconds: float


class ReaderReport(msgspec.Struct, frozen=True, kw_only=True):
    """One reader at this moment.

    Attributes:
        number: Its place, from 1 on.
        pid: Of its process; 0 while none takes jobs.
        busy: Whether it does a job.
        waiting: Jobs in its queue.
        restarts: How often its process was replaced.
    """

    number: int
    pid: int
    busy: bool
    waiting: int
    restarts: int
