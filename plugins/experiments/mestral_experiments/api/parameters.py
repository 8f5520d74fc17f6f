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


def run_number(text: str) -> int | None:
    """An `AnyRunId` as a number; None for a text that is none."""
    try:
        return parse_params({"run_id": text.strip()}, RunPath).run_id
    except Problem:
        return None
