"""`[plugins.experiments]`: what a deployer can set for this plugin."""

from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta


class ExperimentsSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Settings of the plugin; more (paths of every database) comes from Autosubmit's own rc file."""

    source: Annotated[str, Meta(description="Where experiments come from: the name of a service.")] = (
        "autosubmit"
    )
    rc_file: Annotated[
        Path | None,
        Meta(
            description="Autosubmit's rc file; absent: ./.autosubmitrc, ~/.autosubmitrc, /etc/.autosubmitrc.",
            extra={"env": "AUTOSUBMIT_CONFIGURATION"},
        ),
    ] = None
    busy_seconds: Annotated[
        float,
        Meta(ge=0, le=60, description="Seconds to wait for a locked SQLite database before answering 503."),
    ] = 2.0
    database_seconds: Annotated[
        float,
        Meta(
            ge=0.1, le=60, description="Seconds that one reading of PostgreSQL may take before answering 503."
        ),
    ] = 3.0
    database_connections: Annotated[
        int,
        Meta(ge=1, le=100, description="Connections to PostgreSQL that each process may hold open."),
    ] = 4
