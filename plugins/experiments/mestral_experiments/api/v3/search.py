"""The v3 search family: `/v3/search`, `/v3/searchowner`, `/v3/running` (contract/API_V3.md 2.4)."""

from typing import Any, get_args

from litestar import Request, Response
from litestar.params import FromPath

from mestral import Access
from mestral.http import get
from mestral.readers import Plan
from mestral_experiments.api.source import source_of
from mestral_experiments.api.v3.answers import respond
from mestral_experiments.sources.protocol import ExperimentSource, Part
from mestral_experiments.views.rows import no_rows
from mestral_experiments.views.selection import Kind, Selection, select

_KINDS: dict[str, Kind] = {kind: kind for kind in get_args(Kind)}
_ACTIVE = frozenset(("active", "true", "1"))


@get(
    "/v3/search/{expid:str}",
    access=Access.READ,
    operation_id="experiments.v3_search",
    summary="Experiments whose name, description or user contains a text",
)
async def search(request: Request[Any, Any, Any], expid: FromPath[str]) -> Response[bytes]:
    """All matches."""
    return await _respond(request, Selection(text=expid))


@get(
    "/v3/search/{expid:str}/{exptype:str}/{onlyactive:str}",
    access=Access.READ,
    operation_id="experiments.v3_search_filtered",
    summary="The same, of one type and running or not",
    description="`exptype`: test, operational, experiment, else all. `onlyactive`: active, true or 1 filter.",
)
async def search_filtered(
    request: Request[Any, Any, Any], expid: FromPath[str], exptype: FromPath[str], onlyactive: FromPath[str]
) -> Response[bytes]:
    """All matches that pass the filters."""
    selection = Selection(text=expid, kind=_KINDS.get(exptype), active=onlyactive.lower() in _ACTIVE)
    return await _respond(request, selection)


@get(
    "/v3/searchowner/{owner:str}",
    access=Access.READ,
    operation_id="experiments.v3_search_owner",
    summary="Experiments of a user",
    description="`*` is any run of characters, a leading `!` negates.",
)
async def search_owner(request: Request[Any, Any, Any], owner: FromPath[str]) -> Response[bytes]:
    """All matches."""
    return await _respond(request, Selection(owner=owner))


@get(
    "/v3/running",
    access=Access.READ,
    operation_id="experiments.v3_running",
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
    found = select(source.catalog(), selection)
    return Plan(
        render="mestral_experiments.render.v3:rows",
        args=(found, running),
        fingerprint=source.fingerprint_list(found, Part.JOBS, Part.HISTORY, Part.CONFIGURATION),
        affinity="v3 search",  # apart from /v4/experiments, which must not wait for many configurations
    )


HANDLERS = (search, search_filtered, search_owner, running)
