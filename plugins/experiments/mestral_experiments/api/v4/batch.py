"""`POST /v4/experiments:batch`: many experiments by name in one request."""

from typing import Annotated, Any, get_args

import msgspec
from litestar import Request, Response
from litestar.params import JSONBody
from msgspec import Meta

from mestral import Access, invalid, platform_of
from mestral.http import Answers, post
from mestral.readers import Plan
from mestral_experiments.api.source import source_of
from mestral_experiments.api.v4.experiments import parts_of
from mestral_experiments.sources.protocol import ExperimentSource
from mestral_experiments.views.experiments import ExperimentBatch, ExperimentField

MOST = 500
"""Experiments in one request."""


_FIELDS = get_args(ExperimentField)
_Field = Annotated[str, Meta(extra_json_schema={"enum": list(_FIELDS)})]


class BatchRequest(msgspec.Struct, frozen=True, kw_only=True):
    """Which experiments, and what of them."""

    expids: Annotated[
        tuple[Annotated[str, Meta(pattern="^[a-z0-9]{4,}$")], ...],
        Meta(max_length=MOST, description="Names of experiments; one that comes again is shown once."),
    ]
    fields: Annotated[
        Annotated[tuple[_Field, ...], Meta(min_length=1)] | None,
        Meta(description="Fields to show; without it all of them."),
    ] = None


@post(
    "/v4/experiments:batch",
    access=Access.READ,
    operation_id="experiments.batch",
    answers=Answers(body=ExperimentBatch, errors={503: "The main database cannot be read now."}),
    summary="Many experiments by name",
)
async def batch(request: Request[Any, Any, Any], data: JSONBody[BatchRequest]) -> Response[bytes]:
    """As the search shows them, in the order they are asked for; it only reads."""
    for number, field in enumerate(data.fields or ()):
        if field not in _FIELDS:
            allowed = f"Unknown field {field!r}. Allowed values: {', '.join(_FIELDS)}"
            raise invalid(f"Invalid value for 'fields[{number}]': {allowed}")
    source = source_of(request)
    return await platform_of(request).readers.respond_to_post(request, lambda: _plan(source, data))


def _plan(source: ExperimentSource, asked: BatchRequest) -> Plan:
    catalog = source.catalog()
    names = dict.fromkeys(asked.expids)
    known = [experiment for name in names if (experiment := catalog.find(name)) is not None]
    found = {experiment.name for experiment in known}
    return Plan(
        render="mestral_experiments.render.experiments:batch",
        args=(known, [name for name in names if name not in found], asked.fields),
        fingerprint=source.fingerprint_list(known, *parts_of(asked.fields)),
        affinity="experiments",
    )


HANDLERS = (batch,)
