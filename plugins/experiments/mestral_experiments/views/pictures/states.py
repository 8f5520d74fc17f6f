"""How states of jobs look in pictures.

Guarantees: close to the hues that the GUI has for them; names on them have a contrast of 4.5 or more.
"""

from mestral_experiments.model import JobStatus
from mestral_experiments.views.pictures.legend import Entry
from mestral_experiments.views.workflow.workflowjobs import Counters

_COLOURS = {
    JobStatus.SUSPENDED: "#f59e1b",
    JobStatus.UNKNOWN: "#ffffff",
    JobStatus.FAILED: "#d3302b",
    JobStatus.WAITING: "#b4bac1",
    JobStatus.READY: "#a9d0f5",
    JobStatus.SUBMITTED: "#4ad7e5",
    JobStatus.QUEUING: "#ffa9bd",
    JobStatus.RUNNING: "#15803d",
    JobStatus.COMPLETED: "#ffe04d",
    JobStatus.HELD: "#fa8a7c",
    JobStatus.PREPARED: "#ffb08a",
    JobStatus.SKIPPED: "#fff6c2",
    JobStatus.DELAYED: "#cffafe",
}
_WHITE_ON = (JobStatus.FAILED, JobStatus.RUNNING)


def state_class(status: JobStatus) -> str:
    """The CSS class of a state; short, for it comes with every job."""
    return f"s{status._value_ + 3}"


def state_style() -> str:
    """CSS of the marks and boxes of all states, and of the words on them."""
    rules = [f".mestral .{state_class(status)}{{fill:{colour}}}\n" for status, colour in _COLOURS.items()]
    rules += [f".mestral .{state_class(status)} text{{fill:#fff}}\n" for status in _WHITE_ON]
    return "".join(rules)


def state_entries(found: Counters) -> list[Entry]:
    """States and how many jobs are in each, for the legend."""
    box = '<rect x="-7" y="-7" width="14" height="14" rx="3"/>'
    return [
        (f'<g class="job {state_class(JobStatus[name])}">{box}</g>', f"{name} {number}")
        for name, number in found.items()
    ]


def in_words(found: Counters) -> str:
    """The same as a sentence."""
    return f"{', '.join(f'{number} {name}' for name, number in found.items()) or 'No jobs'}."
