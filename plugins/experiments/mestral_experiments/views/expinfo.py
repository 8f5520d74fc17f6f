"""What v3 tells about an experiment as a whole (contract/API_V3.md 2.2)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from mestral_experiments.model import Experiment, FolderFacts, Run, Settings
from mestral_experiments.views.pkl import seconds
from mestral_experiments.views.running import is_running
from mestral_experiments.views.times import local_text

_NOT_KNOWN = "NA"


class ExperimentInfo(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of `/v3/expinfo/{expid}`. What cannot be read has its default, and the rest is there."""

    expid: str
    path: Annotated[str, Meta(description='Absolute path of its folder; "NA" without one.')] = _NOT_KNOWN
    owner_id: Annotated[int, Meta(description="User id of the owner of its folder.")] = 0
    owner: str = _NOT_KNOWN
    time_last_access: Annotated[str, Meta(description="Of its folder: ISO 8601 with offset.")] = ""
    time_last_mod: Annotated[str, Meta(description="The same, of its last change.")] = ""
    error_message: Annotated[str, Meta(description="A line for each thing that is missing.")] = ""
    description: str = ""
    version: Annotated[str | None, Meta(description="Of Autosubmit, as the database says.")] = ""
    model: str = ""
    branch: str = ""
    hpc: str = ""
    updateTime: Annotated[  # noqa: N815 - the contract's name
        int, Meta(description="Seconds between two looks of Autosubmit at the jobs.")
    ] = 0
    error: bool = False
    running: bool = False
    pkl_timestamp: Annotated[
        int, Meta(description="When the job list changed last, epoch seconds; 0 without one.")
    ] = 0
    chunk_size: int = 0
    chunk_unit: str = "default"
    total_jobs: int = 0
    completed_jobs: int = 0
    db_historic_version: str = _NOT_KNOWN
    workflow_commit: str | None = None


def no_experiment_info(expid: str, message: str) -> ExperimentInfo:
    """The answer about what is no experiment, or cannot be found now."""
    return ExperimentInfo(expid=expid, error=True, error_message=f"{message}\n")


def experiment_info(
    experiment: Experiment,
    facts: FolderFacts | None,
    settings: Settings | None,
    run: Run | None,
    modified: datetime | None,
    problems: Sequence[str],
) -> ExperimentInfo:
    """What is known of an experiment.

    Args:
        experiment: The row.
        facts: Of its folder, None without one.
        settings: None without a configuration that can be used.
        run: The newest one, None without one.
        modified: When the job list changed last, None when that is not known.
        problems: What of it cannot be used, in sentences.
    """
    known = ExperimentInfo(
        expid=experiment.name,
        description=experiment.description,
        version=experiment.version,
        error=bool(problems),
        error_message="".join(f"{problem}\n" for problem in problems),
        running=is_running(experiment),
        pkl_timestamp=seconds(modified),
    )
    if facts is not None:
        known = msgspec.structs.replace(
            known,
            path=facts.path,
            owner_id=facts.owner_id,
            owner=facts.owner,
            time_last_access=local_text(facts.accessed) or "",
            time_last_mod=local_text(facts.modified) or "",
        )
    if settings is not None:
        known = msgspec.structs.replace(
            known,
            model=settings.model,
            branch=settings.branch,
            hpc=settings.hpc,
            updateTime=settings.update_seconds,
            chunk_size=settings.chunk_size or 0,
            chunk_unit=settings.chunk_unit or "",
            workflow_commit=settings.workflow_commit,
        )
    if run is not None and run.total > 0:
        known = msgspec.structs.replace(known, total_jobs=run.total, completed_jobs=run.completed)
    return known
