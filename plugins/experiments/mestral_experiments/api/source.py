"""The source of experiments that this server was configured with."""

from typing import Any, cast

from litestar.connection import ASGIConnection

from mestral import platform_of
from mestral_experiments.sources.protocol import SLOT, ExperimentSource


def source_of(connection: ASGIConnection[Any, Any, Any, Any]) -> ExperimentSource:
    """The chosen `ExperimentSource`. Its methods block: call them inside a plan function only."""
    return cast("ExperimentSource", platform_of(connection).services[SLOT])
