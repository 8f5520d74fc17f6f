"""Path parameters that several resources share, described once."""

from typing import Annotated

import msgspec
from litestar.params import PathParameter

from mestral import Problem
from mestral.http import parse_params

Expid = Annotated[str, PathParameter(description="Name of an experiment, such as `a000`.")]
JobName = Annotated[str, PathParameter(description="Name of a job, exactly.")]
AnyRunId = Annotated[str, PathParameter(description="Number of a run; any other text is an unknown run.")]
RunId = Annotated[str, PathParameter(description="Number of a run.", schema_extra={"type": "integer"})]


class RunPath(msgspec.Struct, frozen=True):
    """A `RunId` read as the contract reads integers (contract/API_V4.md 1.1): `parse_params`."""

    run_id: int


class _Integer(msgspec.Struct, frozen=True):
    value: int


def integer(text: str) -> int | None:
    """An integer as the contract reads them, blanks around it accepted; None for a text that is none."""
    try:
        return parse_params({"value": text.strip()}, _Integer).value
    except Problem:
        return None
