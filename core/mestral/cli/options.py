"""The options that every command of `mestral` takes."""

from pathlib import Path

import msgspec


class CliOptions(msgspec.Struct, frozen=True, kw_only=True):
    """`click.Context.obj` of every command.

    Attributes:
        config: The mestral.toml of `--config`; None looks for one (see `load_settings`).
    """

    config: Path | None = None
