"""Write the text files of a generated experiment: configuration, run metadata, rc file, logs.

Guarantees: small but complete YAML of the four files that the full layout of Autosubmit 4 has; equal
arguments, equal text.
"""

from __future__ import annotations

import json
from pathlib import Path

from benchmarks.job_pickle import stamp
from benchmarks.workflow import Workflow

_RC = """[database]
backend = sqlite
path = {root}
filename = autosubmit.db

[local]
path = {root}

[globallogs]
path = {root}/logs

[structures]
path = {root}/metadata/structures

[historicdb]
path = {root}/metadata/data

[historiclog]
path = {root}/metadata/logs

[graph]
path = {root}/metadata/graph
"""
_AUTOSUBMIT = """CONFIG:
  AUTOSUBMIT_VERSION: {version}
  TOTALJOBS: 20
  MAXWAITINGJOBS: 20
  SAFETYSLEEPTIME: 10
  RETRIALS: 0
"""
_EXPDEF = """DEFAULT:
  EXPID: {name}
  HPCARCH: TRAMUNTANA
PROJECT:
  PROJECT_TYPE: none
EXPERIMENT:
  DATELIST: {dates}
  MEMBERS: {members}
  CHUNKSIZEUNIT: month
  CHUNKSIZE: 1
  NUMCHUNKS: {chunks}
  CALENDAR: standard
"""
_JOBS = """JOBS:
  SETUP: {FILE: setup.sh, RUNNING: once, WALLCLOCK: "00:05", PLATFORM: LOCAL}
  INI: {FILE: ini.sh, DEPENDENCIES: SETUP, RUNNING: member, WALLCLOCK: "00:05", PLATFORM: LOCAL}
  SIM:
    FILE: sim.sh
    DEPENDENCIES: {INI: {}, SIM-1: {}, POST-3: {}}
    RUNNING: chunk
    WALLCLOCK: "02:00"
    PROCESSORS: 256
    PLATFORM: TRAMUNTANA
  POST:
    FILE: post.sh
    DEPENDENCIES: SIM
    RUNNING: chunk
    WALLCLOCK: "00:30"
    PROCESSORS: 16
    PLATFORM: TRAMUNTANA
  REPORT: {FILE: report.sh, DEPENDENCIES: POST, RUNNING: once, WALLCLOCK: "00:05", PLATFORM: LOCAL}
WRAPPERS:
  WRAPPER_V: {TYPE: vertical, JOBS_IN_WRAPPER: SIM, MAX_WRAPPED: 20}
"""
_PLATFORMS = """PLATFORMS:
  TRAMUNTANA:
    TYPE: slurm
    HOST: tramuntana
    PROJECT: climate
    USER: modeller
    QUEUE: gp_climate
    SCRATCH_DIR: /scratch
    MAX_WALLCLOCK: "48:00"
    PROCESSORS_PER_NODE: 112
    MAX_PROCESSORS: 4096
"""


def write_rc(path: Path, root: Path) -> Path:
    """Write an rc file that points to the tree at ``root``; to be repeated for every copy of a tree."""
    path.write_text(_RC.format(root=root.resolve()))
    return path


def configuration_files(flow: Workflow, version: str) -> dict[str, str]:
    """Name -> text of the files of ``conf/``."""
    name = flow.expid
    dates = " ".join(f"{date:%Y%m%d}" for date in flow.dates)
    members = " ".join(flow.members)
    return {
        f"autosubmit_{name}.yml": _AUTOSUBMIT.format(version=version),
        f"expdef_{name}.yml": _EXPDEF.format(name=name, dates=dates, members=members, chunks=flow.chunks),
        f"jobs_{name}.yml": _JOBS,
        f"platforms_{name}.yml": _PLATFORMS,
    }


def run_metadata(flow: Workflow, version: str) -> str:
    """The JSON of ``experiment_run.metadata``."""
    dates = " ".join(f"{date:%Y%m%d}" for date in flow.dates)
    return json.dumps(
        {
            "CONFIG": {"AUTOSUBMIT_VERSION": version, "TOTALJOBS": 20, "MAXWAITINGJOBS": 20},
            "DEFAULT": {"EXPID": flow.expid, "HPCARCH": "TRAMUNTANA"},
            "EXPERIMENT": {
                "DATELIST": dates,
                "MEMBERS": " ".join(flow.members),
                "CHUNKSIZEUNIT": "month",
                "CHUNKSIZE": 1,
                "NUMCHUNKS": flow.chunks,
            },
            "JOBS": {"SIM": {"WALLCLOCK": "02:00", "PROCESSORS": 256, "PLATFORM": "TRAMUNTANA"}},
            "PLATFORMS": {"TRAMUNTANA": {"TYPE": "slurm", "PROCESSORS_PER_NODE": 112}},
        }
    )


def write_job_files(folder: Path, flow: Workflow) -> None:
    """``<job>_TOTAL_STATS`` and an output log of every submitted job: two files per job."""
    logs = folder / "tmp" / f"LOG_{flow.expid}"
    logs.mkdir(parents=True, exist_ok=True)
    for job in flow.jobs:
        if not job.submit:
            continue
        parts = [stamp(job.submit)]
        if job.start:
            parts.append(stamp(job.start))
        if job.finish:
            parts += [stamp(job.finish), job.status]
        (folder / "tmp" / f"{job.name}_TOTAL_STATS").write_text(" ".join(parts))
        (logs / f"{job.name}.{stamp(job.submit)}.out").write_text(f"[INFO] JOBID={job.scheduler_id}\n")
