"""The configuration of an experiment as v4 shows it (contract/API_V4.md 5.3), and what v3 shares of that."""

from collections.abc import Callable, Mapping
from math import isfinite
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from mestral_experiments.model import Configuration


class FilesystemConfiguration(msgspec.Struct, frozen=True):
    """Answer of `/v4/experiments/{expid}/filesystem-config`."""

    config: Annotated[
        dict[str, Any],
        Meta(
            description="Autosubmit 4: the merged sections with upper-case keys, what Autosubmit computes, "
            "and the settings of this server. Autosubmit 3: `conf`, `exp`, `platforms`, `jobs`, `proj`. "
            "`contains_nones` says whether it is empty or a value at the top is null."
        ),
    ]


USER = "AS_ENV_CURRENT_USER"
"""The one variable of the environment that is shown."""


def filesystem_configuration(
    configuration: Configuration, server: Mapping[str, Any], user: str | None
) -> FilesystemConfiguration:
    """The answer; dates and times are null in it, as in Autosubmit API.

    Args:
        configuration, server, user: See `completed`.
    """
    shown = completed(configuration, server, user, lambda _: None)
    return FilesystemConfiguration({**shown, "contains_nones": contains_nones(shown)})


def completed(
    configuration: Configuration, server: Mapping[str, Any], user: str | None, other: Callable[[Any], Any]
) -> dict[str, Any]:
    """What is shown of a configuration, with what the server adds where there is one of Autosubmit 4.

    Args:
        configuration: From the files; its own `AS_ENV_CURRENT_USER` counts, no other key of `server` does.
        server: Settings of the server (`ExperimentSource.server_settings`).
        user: `AS_ENV_CURRENT_USER` of the server, None when it has none.
        other: What becomes of a date, and of every other value that JSON does not know.
    """
    shown: dict[str, Any] = _plain(configuration.data, other)
    if shown and not configuration.as3:
        shown.setdefault(USER, user)
        shown |= server
    return shown


def contains_nones(configuration: Mapping[str, Any]) -> bool:
    """Whether a configuration is empty or has a null at the top."""
    return not configuration or None in configuration.values()


def _plain(value: Any, other: Callable[[Any], Any]) -> Any:
    """What JSON can say: keys are texts, numbers are finite or null."""
    if isinstance(value, dict):
        return {str(key): _plain(inner, other) for key, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner, other) for inner in value]
    if isinstance(value, float):
        return value if isfinite(value) else None
    return value if value is None or isinstance(value, str | int) else other(value)
