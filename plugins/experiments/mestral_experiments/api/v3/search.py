"""The v3 search family: `/v3/search`, `/v3/searchowner`, `/v3/running` (contract/API_V3.md 2.4)."""

from typing import Annotated, Any, get_args

from litestar import Request, Response
from litestar.params import PathParameter

from mestral import Access
from mestral.http import Answers, get
from mestral.readers import Plan
from mestral_experiments.api.source import require_status, source_of
from mestral_experiments.api.v3.answers import respond
from mestral_experiments.sources.protocol import ExperimentSource, Part
from mestral_experiments.views.lists.selection import Kind, Selection, select
from mestral_experiments.views.rows import NoRows, Rows, no_rows

Text = Annotated[
    str, PathParameter(description="Part of the name, the description or the user, in any case.")
]
TypeFilter = Annotated[
    str, PathParameter(description="`test`, `operational` or `experiment`; anything else is all.")
]
ActiveFilter = Annotated[
    str, PathParameter(description="`active`, `true` or `1`: only those running; anything else is all.")
]
Owner = Annotated[
    str, PathParameter(description="The user; `*` is any run of characters, a leading `!` negates.")
]

_KINDS: dict[str, Kind] = {kind: kind for kind in get_args(Kind)}
_ANSWERS = Answers(body=(Rows, NoRows), etag=True)
_ACTIVE = frozenset(("active", "true", "1"))


@get(
    "/v3/search/{expid:str}",
    access=Access.READ,
    operation_id="experiments.v3_search",
    answers=_ANSWERS,
    summary="Experiments whose name, description or user contains a text",
)
async def search(request: Request[Any, Any, Any], expid: Text) -> Response[bytes]:
    """All matches."""
    return await _respond(request, Selection(text=expid))


@get(
    "/v3/search/{expid:str}/{exptype:str}/{onlyactive:str}",
    access=Access.READ,
    operation_id="experiments.v3_search_filtered",
    answers=_ANSWERS,
    summary="The same, of one type and running or not",
)
async def search_filtered(
    request: Request[Any, Any, Any], expid: Text, exptype: TypeFilter, onlyactive: ActiveFilter
) -> Response[bytes]:
    """All matches that pass the filters."""
    selection = Selection(text=expid, kind=_KINDS.get(exptype), active=onlyactive.lower() in _ACTIVE)
    return await _respond(request, selection)


@get(
    "/v3/searchowner/{owner:str}",
    access=Access.READ,
    operation_id="experiments.v3_search_owner",
    answers=_ANSWERS,
    summary="Experiments of a user",
)
async def search_owner(request: Request[Any, Any, Any], owner: Owner) -> Response[bytes]:
    """All matches."""
    return await _respond(request, Selection(owner=owner))


@get(
    "/v3/running",
    access=Access.READ,
    operation_id="experiments.v3_running",
    answers=_ANSWERS,
    summary="Experiments that are running",
)
async def running(request: Request[Any, Any, Any]) -> Response[bytes]:
    """All of them."""
    return await _respond(request, Selection(active=True), running=True)


async def _respond(
    request: Request[Any, Any, Any], selection: Selection, running: bool = False
) -> Response[bytes]:
    source = source_of(request)
    return await respond(request, lambda: _rows(source, selection, running), no_rows)


def _rows(source: ExperimentSource, selection: Selection, running: bool) -> Plan:
    catalog = source.catalog()
    if selection.active:
        require_status(catalog)
    found = catalog.records(select(catalog, selection))
    return Plan(
        render="mestral_experiments.render.v3:rows",
        args=(found, running),
        fingerprint=source.fingerprint_list(found, Part.JOBS, Part.HISTORY, Part.CONFIGURATION),
        affinity="v3 search",  # apart from /v4/experiments, which must not wait for many configurations
    )


HANDLERS = (search, search_filtered, search_owner, running)
