"""Path parameters that several resources share, described once."""

from typing import Annotated

from litestar.params import PathParameter

Expid = Annotated[str, PathParameter(description="Name of an experiment, such as `a000`.")]
