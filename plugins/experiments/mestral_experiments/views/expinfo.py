"""What v3 tells about an experiment as a whole (contract/API_V3.md 2.2).

Guarantees: what cannot be read has the default of the contract, and the rest is told.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from mestral_experiments.model import Experiment, FolderFacts, Run, Settings
from mestral_experiments.views.running import is_running
from mestral_experiments.views.times import local_text
from mestral_experiments.views.workflow.pkl import seconds


class ExperimentInfo(msgspec.Struct, frozen=True, kw_only=True, rename={"update_seconds": "updateTime"}):
    """Answer of `/v3/expinfo/{expid}`."""

    expid: str
    path: Annotated[str, Meta(description='Absolute path of its folder; "NA" without one.')]
    owner_id: Annotated[int, Meta(description="User id of the owner of its folder.")]
    owner: str
    time_last_access: Annotated[str, Meta(description="Of its folder: ISO 8601 with the server's offset.")]
    time_last_mod: Annotated[str, Meta(description="The same, of its last change.")]
    error_message: Annotated[str, Meta(description="One line for each thing that is wrong.")]
    description: str
    version: Annotated[str | None, Meta(description="Of Autosubmit, as the database says.")]
    model: str
    branch: str
    hpc: str
    update_seconds: Annotated[int, Meta(description="Seconds between two looks of Autosubmit at the jobs.")]
    error: bool
    running: bool
    pkl_timestamp: Annotated[
        int, Meta(description="When the job list changed last, epoch seconds; 0 without one.")
    ]
    chunk_size: int
    chunk_unit: str
    total_jobs: Annotated[int, Meta(description="In the newest run.")]
    completed_jobs: int
    db_historic_version: str
    workflow_commit: str | None


def no_experiment_info(expid: str, problems: Iterable[str]) -> ExperimentInfo:
    """The answer when nothing is known.

    Args:
        expid: What was asked for.
        problems: What is wrong, in sentences.
    """
    told = "".join(f"{problem}\n" for problem in dict.fromkeys(problems))
    return ExperimentInfo(
        expid=expid,
        path="NA",
        owner_id=0,
        owner="NA",
        time_last_access="",
        time_last_mod="",
        error_message=told,
        description="",
        version="",
        model="",
        branch="",
        hpc="",
        update_seconds=0,
        error=bool(told),
        running=False,
        pkl_timestamp=0,
        chunk_size=0,
        chunk_unit="default",
        total_jobs=0,
        completed_jobs=0,
        db_historic_version="NA",
        workflow_commit=None,
    )


def experiment_info(
    experiment: Experiment,
    facts: FolderFacts | None,
    settings: Settings | None,
    run: Run | None,
    modified: datetime | None,
    problems: Iterable[str],
) -> ExperimentInfo:
    """What is known of an experiment.

    Args:
        experiment: The row.
        facts: Of its folder, None without one.
        settings: None without a configuration that can be used.
        run: The newest one, None without one.
        modified: When the job list changed last, None when that is not known.
        problems: What is wrong, in sentences.
    """
    info = msgspec.structs.replace(
        no_experiment_info(experiment.name, problems),
        description=experiment.description,
        version=experiment.version,
        running=is_running(experiment),
        pkl_timestamp=seconds(modified),
    )
    if facts is not None:
        info = msgspec.structs.replace(
            info,
            path=facts.path,
            owner_id=facts.owner_id,
            owner=facts.owner,
            time_last_access=local_text(facts.accessed) or "",
            time_last_mod=local_text(facts.modified) or "",
        )
    if settings is not None:
        info = msgspec.structs.replace(
            info,
            model=settings.model,
            branch=settings.branch,
            hpc=settings.hpc,
            update_seconds=settings.update_seconds,
            chunk_size=info.chunk_size if settings.chunk_size is None else settings.chunk_size,
            chunk_unit=info.chunk_unit if settings.chunk_unit is None else settings.chunk_unit,
            workflow_commit=settings.workflow_commit,
        )
    if run is not None and run.total > 0:
        info = msgspec.structs.replace(info, total_jobs=run.total, completed_jobs=run.completed)
    return info
