"""The source of experiments that this server was configured with."""

import os
from typing import Any, cast

from litestar.connection import ASGIConnection

from mestral import Problem, not_found, platform_of, unavailable
from mestral_experiments.model import Experiment
from mestral_experiments.sources.catalog import Catalog
from mestral_experiments.sources.protocol import SLOT, ExperimentSource


def source_of(connection: ASGIConnection[Any, Any, Any, Any]) -> ExperimentSource:
    """The chosen `ExperimentSource`. Its methods block: call them inside a plan function only."""
    return cast("ExperimentSource", platform_of(connection).services[SLOT])


def require_status(catalog: Catalog) -> None:
    """Refuse to say what is running where that is not known.

    Raises:
        Problem: 503.
    """
    if not catalog.status_known:
        raise unavailable("The status of experiments cannot be read")


def find_or_none(source: ExperimentSource, expid: str) -> Experiment | None:
    """The experiment of that name; None where the contract has an empty answer instead of 404."""
    try:
        return source.find(expid)
    except Problem as problem:
        if problem.status != 404:
            raise
        return None


def existing(source: ExperimentSource, expid: str) -> Experiment:
    """The experiment of that name.

    Raises:
        Problem: 404 with what 4.2.0 says where it looks for the folder first; 503 as `find`.
    """
    experiment = find_or_none(source, expid)
    if experiment is None:
        raise not_found(f"Experiment {expid} does not exist")
    return experiment


def current_user() -> str | None:
    """What configurations of Autosubmit 4 show as `AS_ENV_CURRENT_USER`."""
    return os.environ.get("SUDO_USER") or os.environ.get("USER")
