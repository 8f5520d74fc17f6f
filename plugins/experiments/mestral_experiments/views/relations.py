"""Parents, children and wrappers of jobs as v4 shows them (contract/API_V4.md 4.3 and 4.4)."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType

from mestral_experiments.model import JobStatus
from mestral_experiments.views.jobs import StatusName


class Relative(msgspec.Struct, frozen=True, gc=False):
    """A job before or after another one."""

    job_name: str
    status: Annotated[
        StatusName | UnsetType | None,
        Meta(description="With `include_status`; null for a job that the job list does not have."),
    ] = UNSET


class Parents(msgspec.Struct, frozen=True):
    """The jobs that a job waits for."""

    parents: Sequence[Relative]


class Children(msgspec.Struct, frozen=True):
    """The jobs that wait for a job."""

    children: Sequence[Relative]


class WrapperItem(msgspec.Struct, frozen=True, gc=False):
    """One wrapper and the jobs in it."""

    wrapper_name: str
    job_names: Sequence[str]


class WrapperList(msgspec.Struct, frozen=True):
    """Answer of the wrappers."""

    wrappers: Sequence[WrapperItem]


def relatives(names: Sequence[str], states: Mapping[str, JobStatus] | None) -> list[Relative]:
    """These jobs, with their states where these are known at all."""
    if states is None:
        return [Relative(name) for name in names]
    return [Relative(name, states[name].name if name in states else None) for name in names]


def wrapper_items(wrapper_of: Mapping[str, str]) -> list[WrapperItem]:
    """Wrappers in the order of their first job."""
    jobs: defaultdict[str, list[str]] = defaultdict(list)
    for job, wrapper in wrapper_of.items():
        jobs[wrapper].append(job)
    return [WrapperItem(wrapper, names) for wrapper, names in jobs.items()]
