"""How often answers with times of jobs that wait or run are made anew, though no file changed.

Guarantees: tree, graph, their monitors, summary and performance of an experiment go by the same clock, so
that they agree about the moment. Up to 50,000 jobs a poll of tree, graph or a monitor with each tick costs
about one percent of a processor.
"""

from mestral.readers import Fingerprint, ticking

_LEAST, _MOST = 5, 60  # seconds
_JOBS_PER_SECOND = 500


def clock_of(jobs: int) -> Fingerprint:
    """The clock of answers about so many jobs; how old their times may be grows from 5 s to a minute.

    To be taken before what it dates.
    """
    return ticking(min(_MOST, max(_LEAST, jobs // _JOBS_PER_SECOND)))


def seconds_of(clock: Fingerprint) -> int:
    """The moment that a clock stands at, seconds since the epoch."""
    return clock.tick * clock.clock_seconds
