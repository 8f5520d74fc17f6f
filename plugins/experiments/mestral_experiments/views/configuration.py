"""The configuration of an experiment as v4 shows it (contract/API_V4.md 5.3)."""

from collections.abc import Mapping
from datetime import date
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


def filesystem_configuration(
    configuration: Configuration, server: Mapping[str, Any], user: str | None
) -> FilesystemConfiguration:
    """The answer.

    Args:
        configuration: From the files; its own `AS_ENV_CURRENT_USER` counts, no other key of `server` does.
        server: Settings of the server (`ExperimentSource.server_settings`).
        user: `AS_ENV_CURRENT_USER` of the server, None when it has none.
    """
    shown: dict[str, Any] = _plain(configuration.data)
    if shown and not configuration.as3:
        shown.setdefault("AS_ENV_CURRENT_USER", user)
        shown |= server
    return FilesystemConfiguration({**shown, "contains_nones": contains_nones(shown)})


def contains_nones(configuration: Mapping[str, Any]) -> bool:
    """Whether a configuration is empty or has a null at the top."""
    return not configuration or None in configuration.values()


def _plain(value: Any) -> Any:
    """What JSON can say: keys are texts; dates and times become null, as in Autosubmit API."""
    if isinstance(value, dict):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    return None if isinstance(value, date) else value
