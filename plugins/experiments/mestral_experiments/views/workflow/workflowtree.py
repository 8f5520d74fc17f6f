"""The tree of an experiment as v4 shows it: `/v4/experiments/{expid}/tree`.

Guarantees: every job is once in `jobs`, and its name once below its date or in `undated`, and once more in
its wrapper. Dates, members, sections and jobs are in the order of the job list. Linear in jobs and edges.
"""

from collections.abc import Iterable, Sequence
from typing import Annotated

import msgspec
from msgspec import Meta

from mestral_experiments.views.times import utc_text
from mestral_experiments.views.workflow.jobview import JobView
from mestral_experiments.views.workflow.workflow import Workflow
from mestral_experiments.views.workflow.workflowjobs import (
    ChunkSize,
    ChunkUnit,
    Counters,
    Modified,
    WorkflowJob,
    WrapperJobs,
    counters,
    job_values,
    wrapper_jobs,
)


class RelatedJob(WorkflowJob, frozen=True, gc=False):
    """The same with its relatives."""

    parents: Annotated[Sequence[str], Meta(description="Names of the jobs that it waits for.")]
    children: Annotated[Sequence[str], Meta(description="Names of the jobs that wait for it.")]


class SectionJobs(msgspec.Struct, frozen=True):
    """The jobs of one section in one place of the tree."""

    section: str
    counters: Counters
    jobs: Annotated[Sequence[str], Meta(description="Names.")]


class MemberJobs(msgspec.Struct, frozen=True):
    """The jobs of one member of one start date."""

    member: Annotated[str | None, Meta(description="Null for jobs that are there for all members.")]
    counters: Counters
    sections: Sequence[SectionJobs]


class DateJobs(msgspec.Struct, frozen=True):
    """The jobs of one start date."""

    date: Annotated[str, Meta(description="`YYYY-MM-DDTHH:MM:SS`, model time.")]
    counters: Counters
    members: Sequence[MemberJobs]


class WorkflowTree(msgspec.Struct, frozen=True):
    """Answer of `/tree`. The tree holds names; `jobs` says what is known of each."""

    expid: str
    modified: Modified
    chunk_size: ChunkSize
    chunk_unit: ChunkUnit
    counters: Counters
    dates: Sequence[DateJobs]
    undated: Annotated[Sequence[SectionJobs], Meta(description="The jobs without a start date.")]
    wrappers: Sequence[WrapperJobs]
    jobs: Sequence[RelatedJob]


def workflow_tree(workflow: Workflow) -> WorkflowTree:
    """The tree of all jobs."""
    undated: list[JobView] = []
    dated: dict[str, dict[str | None, list[JobView]]] = {}
    for view in workflow.jobs:
        if view.job.date is None:
            undated.append(view)
        else:
            members = dated.setdefault(view.job.date.isoformat(), {})
            members.setdefault(view.job.member, []).append(view)
    return WorkflowTree(
        workflow.expid,
        utc_text(workflow.modified),
        workflow.chunk_size or None,
        workflow.chunk_unit or None,
        counters(workflow.jobs),
        [_date(date, members) for date, members in dated.items()],
        _sections(undated),
        wrapper_jobs(workflow),
        [
            RelatedJob(*job_values(view, view.shown.parent_list, view.shown.children_list))
            for view in workflow.jobs
        ],
    )


def _date(date: str, members: dict[str | None, list[JobView]]) -> DateJobs:
    return DateJobs(
        date,
        counters(view for views in members.values() for view in views),
        [MemberJobs(member, counters(views), _sections(views)) for member, views in members.items()],
    )


def _sections(views: Iterable[JobView]) -> list[SectionJobs]:
    found: dict[str, list[JobView]] = {}
    for view in views:
        found.setdefault(view.job.section, []).append(view)
    return [
        SectionJobs(section, counters(inside), [view.job.name for view in inside])
        for section, inside in found.items()
    ]
