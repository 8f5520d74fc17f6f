"""Sections: upper-case keys, merging, and the one form in which jobs and wrappers are written.

Guarantees: `normalise` may be applied again, which Autosubmit does too, and touches only what has the
expected type: what else somebody wrote stays as it is. `merge` and `fill` are associative as long as a key is
a section everywhere or nowhere.
"""

import re
from typing import Any

from mestral_experiments.sources.configuration.limits import Budget

Data = dict[str, Any]

# A dependency on one of these states is met by that state alone, on any other by every final state.
_STATES_OF_THEIR_OWN = frozenset(("COMPLETED", "FAILED", "SKIPPED", "READY", "DELAYED", "PREPARED"))
_WITH_SECONDS = re.compile(r"(\d\d:\d\d):\d\d")
_COMPUTED_AT_ROOT = ("HPCARCH", "HPCROOTDIR", "HPCLOGDIR", "ROOTDIR", "PROJDIR")


def upper_keys(value: Any, budget: Budget) -> Any:
    """A deep copy in which every key is upper-case text. Of two keys that become one the later counts."""
    budget.spend_nodes(len(value) if isinstance(value, dict | list) else 1)
    if isinstance(value, dict):
        return {
            str(key).upper(): upper_keys(item, budget) if isinstance(item, dict | list) else item
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [upper_keys(item, budget) if isinstance(item, dict | list) else item for item in value]
    return value


def section(data: Data, name: str) -> Data:
    """A section to read from; empty when it is missing or not a section."""
    value = data.get(name)
    return value if isinstance(value, dict) else {}


def own_section(data: Data, name: str) -> Data:
    """A section to write to; made when it is missing or not a section."""
    value = data.get(name)
    if not isinstance(value, dict):
        value = data[name] = {}
    return value


def merge(data: Data, higher: Data) -> None:
    """Put `higher` over `data`, in place: sections key by key, all else is replaced. Takes its containers."""
    for key, value in higher.items():
        known = data.get(key)
        if isinstance(known, dict) and isinstance(value, dict):
            merge(known, value)
        else:
            data[key] = value


def fill(data: Data, lower: Data) -> None:
    """Put `lower` under `data`, in place: only keys that are missing are taken. Takes its containers."""
    for key, value in lower.items():
        known = data.setdefault(key, value)
        if known is not value and isinstance(known, dict) and isinstance(value, dict):
            fill(known, value)


def drop_computed(data: Data) -> None:
    """Remove what Autosubmit always computes itself."""
    for key in _COMPUTED_AT_ROOT:
        data.pop(key, None)


def normalise(data: Data) -> None:
    """Bring the main platform, the jobs and the wrappers into their one form, in place."""
    default = section(data, "DEFAULT")
    if isinstance(default.get("HPCARCH"), str):
        default["HPCARCH"] = default["HPCARCH"].upper()
    for job in section(data, "JOBS").values():
        if isinstance(job, dict):
            _normalise_job(job)
    for wrapper in section(data, "WRAPPERS").values():
        if isinstance(wrapper, dict):
            _normalise_wrapper(wrapper)


def complete(data: Data) -> None:
    """Give every job the three keys that all have at the end."""
    for job in section(data, "JOBS").values():
        if isinstance(job, dict):
            job.setdefault("DEPENDENCIES", {})
            job.setdefault("FILE", "")
            job.setdefault("ADDITIONAL_FILES", [])


def words(text: str) -> list[str]:
    """The parts of a text separated by commas, or else by blanks."""
    return [part.strip() for part in text.split("," if "," in text else " ")]


def _normalise_job(job: Data) -> None:
    if "DEPENDENCIES" in job:
        job["DEPENDENCIES"] = _dependencies(job["DEPENDENCIES"])
    files = job.get("FILE")
    if isinstance(files, str) and files:
        files = words(files)
    if isinstance(files, list) and files:
        job["FILE"] = files[0]
        if len(files) > 1:
            job["ADDITIONAL_FILES"] = files[1:]
    wallclock = job.get("WALLCLOCK")
    if isinstance(wallclock, str) and (found := _WITH_SECONDS.fullmatch(wallclock)):
        job["WALLCLOCK"] = found[1]
    notify = job.get("NOTIFY_ON")
    if isinstance(notify, str) and notify:
        notify = words(notify)
    if isinstance(notify, list):
        job["NOTIFY_ON"] = [str(state).strip().upper() for state in notify]
    if isinstance(job.get("CUSTOM_DIRECTIVES"), list):
        job["CUSTOM_DIRECTIVES"] = str(job["CUSTOM_DIRECTIVES"])


def _dependencies(value: Any) -> Data:
    """Dependencies by name: from a text of names separated by blanks, or as given."""
    if isinstance(value, str):
        return {name.upper(): {} for name in value.split(" ")}
    if not isinstance(value, dict):
        return {}
    for dependency in value.values():
        status = dependency.get("STATUS") if isinstance(dependency, dict) else None
        if not isinstance(status, str) or not status:
            continue
        name = status.upper().removesuffix("?")
        dependency["STATUS"] = name
        if status.endswith("?") or name not in _STATES_OF_THEIR_OWN:
            dependency["ANY_FINAL_STATUS_IS_VALID"] = True
        else:
            dependency.setdefault("ANY_FINAL_STATUS_IS_VALID", False)
    return value


def _normalise_wrapper(wrapper: Data) -> None:
    if isinstance(wrapper.get("TYPE"), str):
        wrapper["TYPE"] = wrapper["TYPE"].lower()
    jobs = wrapper.get("JOBS_IN_WRAPPER")
    if isinstance(jobs, str):
        text = jobs.strip().strip("[]")
        separator = next((mark for mark in ",&" if mark in text), None)
        jobs = [part for part in text.split(separator) if part.strip()]
    if isinstance(jobs, list):
        wrapper["JOBS_IN_WRAPPER"] = [str(job).strip().upper() for job in jobs]
