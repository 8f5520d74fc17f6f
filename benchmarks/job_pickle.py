"""Write job list pickles of the shape of Autosubmit 4.1.17: name -> dictionary of about a hundred attributes.

Guarantees: protocol 5; exactly the three globals of the real files (``datetime.datetime``,
``pathlib.PosixPath``, ``autosubmit.job.template.Language``); strings are shared or repeated as in the real
files, so that size and loading time per job are realistic. Autosubmit is neither needed nor imported: its one
class is a stand-in that exists while writing.
"""

from __future__ import annotations

import io
import pickle
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import PurePosixPath
from types import ModuleType
from typing import Any

from benchmarks.workflow import STATUS_CODES, Job, Workflow

_MODULES = ("autosubmit", "autosubmit.job", "autosubmit.job.template")
_CONSTANT: dict[str, Any] = {
    "rerun_only": False,
    "delay_end": None,
    "_wrapper_queue": None,
    "_partition": "",
    "retry_delay": None,
    "wchunkinc": "",
    "_tasks": "0",
    "_nodes": "",
    "_threads": "1",
    "_memory": "",
    "_memory_per_task": "",
    "date_split": None,
    "_splits": -1,
    "_split": -1,
    "_delay": None,
    "_frequency": None,
    "_synchronize": None,
    "skippable": False,
    "repacked": 0,
    "_long_name": None,
    "date_format": "",
    "undefined_variables": None,
    "log_retries": 5,
    "file": "",
    "executable": "bash",
    "_remote_logs": ("", ""),
    "parameters": None,
    "check": False,
    "check_warnings": False,
    "_packed": False,
    "hold": False,
    "distance_weight": 0,
    "level": 0,
    "_export": "",
    "start_time": None,
    "ext_header_path": None,
    "ext_tailer_path": None,
    "total_jobs": 20,
    "max_waiting_jobs": 20,
    "exclusive": False,
    "_retrials": 0,
    "current_checkpoint_step": 0,
    "max_checkpoint_step": 0,
    "reservation": "",
    "delete_when_edgeless": True,
    "updated_log": 1,
    "finish_time_timestamp": 0,
    "_script": "",
    "_log_recovery_retries": None,
    "wrapper_name": None,
    "is_wrapper": False,
    "_wallclock_in_seconds": 390,
    "_chunk_size": 1,
    "_processors_per_node": "1",
    "ec_queue": "",
    "_serial_platform": None,
    "_shape": "",
    "_x11": False,
    "_x11_options": "",
    "_hyperthreading": False,
    "_scratch_free_space": 0,
    "_delay_retrials": None,
    "packed_during_building": False,
    "workflow_commit": "",
    "_validate_template": False,
    "finished_time": None,
}
_ORDER = [
    "rerun_only",
    "delay_end",
    "wrapper_type",
    "_wrapper_queue",
    "_queue",
    "_partition",
    "retry_delay",
    "_section",
    "_wallclock",
    "wchunkinc",
    "_tasks",
    "_nodes",
    "_threads",
    "_processors",
    "_memory",
    "_memory_per_task",
    "_chunk",
    "_member",
    "date",
    "date_split",
    "_splits",
    "_split",
    "_delay",
    "_frequency",
    "_synchronize",
    "skippable",
    "repacked",
    "_long_name",
    "date_format",
    "type",
    "_name",
    "undefined_variables",
    "log_retries",
    "id",
    "file",
    "additional_files",
    "executable",
    "_local_logs",
    "_remote_logs",
    "script_name",
    "stat_file",
    "_status",
    "prev_status",
    "new_status",
    "priority",
    "_fail_count",
    "expid",
    "parameters",
    "_tmp_path",
    "_log_path",
    "check",
    "check_warnings",
    "_packed",
    "hold",
    "distance_weight",
    "level",
    "_export",
    "_dependencies",
    "running",
    "start_time",
    "ext_header_path",
    "ext_tailer_path",
    "edge_info",
    "total_jobs",
    "max_waiting_jobs",
    "exclusive",
    "_retrials",
    "current_checkpoint_step",
    "max_checkpoint_step",
    "reservation",
    "delete_when_edgeless",
    "het",
    "updated_log",
    "submit_time_timestamp",
    "start_time_timestamp",
    "finish_time_timestamp",
    "_script",
    "_log_recovery_retries",
    "ready_date",
    "wrapper_name",
    "is_wrapper",
    "_wallclock_in_seconds",
    "_notify_on",
    "_cpmip_thresholds",
    "_chunk_size",
    "_chunk_size_unit",
    "_processors_per_node",
    "ec_queue",
    "platform_name",
    "_serial_platform",
    "_shape",
    "_x11",
    "_x11_options",
    "_hyperthreading",
    "_scratch_free_space",
    "_delay_retrials",
    "_custom_directives",
    "packed_during_building",
    "workflow_commit",
    "_validate_template",
    "finished_time",
]


def job_list_bytes(flow: Workflow, root: str) -> bytes:
    """The pickle of the job list of a workflow that lives in ``root``/expid."""
    stream = io.BytesIO()
    with _language() as bash:
        listing = {job.name: _attributes(flow.expid, job, root, bash) for job in flow.jobs}
        pickler = pickle.Pickler(stream, protocol=5)
        pickler.dispatch_table = {PurePosixPath: _path_of}
        pickler.dump(listing)
    return stream.getvalue()


def stamp(epoch: int) -> str:
    """``YYYYMMDDhhmmss`` in UTC."""
    return time.strftime("%Y%m%d%H%M%S", time.gmtime(epoch))


def log_names(job: Job) -> tuple[str, str] | None:
    if not job.submit:
        return None
    return f"{job.name}.{stamp(job.submit)}.out", f"{job.name}.{stamp(job.submit)}.err"


def _attributes(expid: str, job: Job, root: str, bash: object) -> dict[str, Any]:
    submitted = bool(job.submit)
    varying: dict[str, Any] = {
        "wrapper_type": "vertical" if job.wrapper else "Simple",
        "_queue": "gp_climate" if job.on_cluster else "",
        "_section": job.section,
        "_wallclock": _fresh(job.wallclock),
        "_processors": _fresh(str(job.processors)),
        "_chunk": job.chunk,
        "_member": job.member,
        "date": _fresh_date(job),
        "type": bash,
        "_name": job.name,
        "id": job.scheduler_id,
        "additional_files": [],
        "_local_logs": log_names(job),
        "script_name": f"{job.name}.cmd",
        "stat_file": f"{job.name}_STAT_",
        "_status": STATUS_CODES[job.status],
        "prev_status": STATUS_CODES["RUNNING"] if submitted else 0,
        "new_status": STATUS_CODES[job.status],
        "priority": job.priority,
        "_fail_count": job.fail_count,
        "expid": _fresh(expid),
        "_tmp_path": f"{root}/{expid}/tmp",
        "_log_path": PurePosixPath(f"{root}/{expid}/tmp/LOG_{expid}"),
        "_dependencies": _fresh(job.dependencies),
        "running": _fresh(job.running),
        "edge_info": {},
        "het": {},
        "submit_time_timestamp": stamp(job.submit) if submitted else None,
        "start_time_timestamp": stamp(job.start) if job.start else None,
        "ready_date": int(stamp(job.submit - 2)) if submitted else None,
        "_notify_on": [],
        "_cpmip_thresholds": {},
        "_chunk_size_unit": _fresh("month"),
        "platform_name": _fresh(job.platform),
        "_custom_directives": [],
    }
    every = _CONSTANT | varying
    return {name: every[name] for name in _ORDER}


def _fresh(text: str) -> str:
    """An equal string of its own identity: pickled again, as in the real files, instead of by reference."""
    return "".join((text[:1], text[1:])) if len(text) > 1 else text


def _fresh_date(job: Job) -> datetime | None:
    """Jobs without a chunk have a date object of their own, the chunks of a chain share one."""
    return job.date.replace() if job.date is not None and job.chunk is None else job.date


def _path_of(path: PurePosixPath) -> tuple[type, tuple[str, ...]]:
    """Pickle a pure path as the concrete one, the class that Autosubmit uses."""
    from pathlib import PosixPath

    return PosixPath, path.parts


@contextmanager
def _language() -> Iterator[object]:
    """``Language("bash")`` of a stand-in class that, for a while, is found under the name of Autosubmit's."""

    class Language:
        def __reduce__(self) -> tuple[type, tuple[str]]:
            return Language, ("bash",)

    Language.__module__, Language.__qualname__ = _MODULES[-1], "Language"
    hidden = {name: sys.modules.pop(name) for name in _MODULES if name in sys.modules}
    made = {name: ModuleType(name) for name in _MODULES}
    made[_MODULES[-1]].Language = Language  # type: ignore[attr-defined]
    sys.modules.update(made)
    try:
        yield Language()
    finally:
        for name in _MODULES:
            sys.modules.pop(name, None)
        sys.modules.update(hidden)
