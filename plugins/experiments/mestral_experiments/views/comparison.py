"""The configuration of the newest run beside that of the files, and how they differ (contract/API_V3.md 2.1).

Guarantees: what is compared is what the experiment says. Left out on both sides are the settings of servers
(`DB_DIR`, `SMTP_SERVER` and all others of `ExperimentSource.server_settings`) and `AS_ENV_CURRENT_USER`:
Autosubmit stores those of the machine and user that started the run, and this server shows its own, so they
say nothing about the experiment and would make every two differ. `contains_nones` takes part as it is
without them. What Autosubmit itself makes of the files (`ROOTDIR`, `HPCARCH`, `AUTOSUBMIT`) is compared: a
run in another folder, or by a version that made less of them, was made with another configuration.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, time
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from mestral_experiments.model import Configuration
from mestral_experiments.views.configuration import USER, completed, contains_nones

_AS3_KEYS = frozenset(("conf", "exp", "jobs", "platforms", "proj"))
_AS3_EXPERIMENT = "exp"
_NOTHING: Mapping[str, Any] = {"contains_nones": True}

_Shown = Annotated[
    Mapping[str, Any],
    Meta(
        description="Autosubmit 4: sections in upper case. Autosubmit 3: `conf`, `exp`, `platforms`, `jobs`, "
        "`proj`. `contains_nones`: whether it is empty or one of its values is null."
    ),
]


class ConfigurationComparison(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of `/v3/cconfig/{expid}`."""

    error: bool
    error_message: str
    warning: bool
    warning_message: str
    configuration_current_run: _Shown
    configuration_filesystem: _Shown
    are_equal: Annotated[bool, Meta(description="Whether there are no differences.")]
    differences: Annotated[
        Sequence[str],
        Meta(
            description="Keys of what differs or is on one side alone, and of what that lies in, joined by "
            "dots; sorted. Settings of servers do not count."
        ),
    ]


def compare(
    run: Mapping[str, Any],
    files: Configuration,
    server: Mapping[str, Any],
    user: str | None,
    warnings: Iterable[str] = (),
) -> ConfigurationComparison:
    """The comparison.

    Args:
        run: What the newest run was made with, empty without one.
        files: The configuration on disk, empty when it cannot be read.
        server, user: See `completed`.
        warnings: What could not be read.
    """
    now = _without_expid(completed(files, server, user, _as_text))
    then = _without_expid(run)
    if files.as3:
        then = {key: value for key, value in then.items() if key.lower() in _AS3_KEYS}
    own = {*server, USER}
    differing = sorted(_differences(_comparable(then, own), _comparable(now, own)))
    told = " ".join(warnings)
    return ConfigurationComparison(
        error=False,
        error_message="",
        warning=bool(told),
        warning_message=told,
        configuration_current_run={**then, "contains_nones": contains_nones(then)},
        configuration_filesystem={**now, "contains_nones": contains_nones(now)},
        are_equal=not differing,
        differences=differing,
    )


def not_compared(message: str) -> ConfigurationComparison:
    """The answer when there is nothing to compare."""
    return ConfigurationComparison(
        error=True,
        error_message=message,
        warning=False,
        warning_message="",
        configuration_current_run=_NOTHING,
        configuration_filesystem=_NOTHING,
        are_equal=True,
        differences=(),
    )


def _without_expid(configuration: Mapping[str, Any]) -> dict[str, Any]:
    """Without the name of the experiment that Autosubmit 3 repeats in sections where it says nothing."""
    sections = configuration.get(_AS3_EXPERIMENT)
    if not isinstance(sections, dict):
        return dict(configuration)
    kept = {
        name: {option: value for option, value in section.items() if option != "EXPID"}
        if name != "experiment" and isinstance(section, dict)
        else section
        for name, section in sections.items()
    }
    return {**configuration, _AS3_EXPERIMENT: kept}


def _comparable(configuration: Mapping[str, Any], own: set[str]) -> dict[str, Any]:
    kept = {key: value for key, value in configuration.items() if key not in own}
    return {**kept, "contains_nones": contains_nones(kept)}


def _differences(one: Mapping[str, Any], other: Mapping[str, Any], above: str = "") -> list[str]:
    found = []
    for key in one.keys() | other.keys():
        path = f"{above}{key}"
        if key not in one or key not in other:
            found.append(path)
        elif isinstance(one[key], dict) and isinstance(other[key], dict):
            inner = _differences(one[key], other[key], f"{path}.")
            found += [path, *inner] if inner else ()
        elif not _alike(one[key], other[key]):
            found.append(path)
    return found


def _alike(one: Any, other: Any) -> bool:
    """Whether two values say the same: Autosubmit 3 has texts where Autosubmit 4 has numbers."""
    if isinstance(one, str) is not isinstance(other, str):
        return _is_scalar(one) and _is_scalar(other) and str(one) == str(other)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_alike, one, other))
    same: bool = one == other
    return same


def _is_scalar(value: Any) -> bool:
    return isinstance(value, str | int | float)


def _as_text(value: Any) -> str:
    return value.isoformat() if isinstance(value, date | time) else str(value)
