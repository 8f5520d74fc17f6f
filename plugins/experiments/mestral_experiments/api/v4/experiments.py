"""`GET /v4/experiments` and `GET /v4/experiments/{expid}` (contract/API_V4.md 3)."""

from typing import Annotated, Any

import msgspec
from litestar import Request, Response
from litestar.params import FromPath
from msgspec import Meta

from mestral import Access, platform_of
from mestral.http import get, parse_query
from mestral.readers import Plan
from mestral_experiments.api.source import source_of
from mestral_experiments.sources.protocol import ExperimentSource, Part
from mestral_experiments.views.pagination import offset_of
from mestral_experiments.views.selection import Kind, Order, Selection, select

_PATTERN = "`*` is any run of characters, a leading `!` negates; the whole value must match, in any case."


class SearchQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Parameters of the search."""

    query: Annotated[str | None, Meta(description="Part of the name, the description or the user.")] = None
    only_active: Annotated[bool, Meta(description="Only experiments that are running.")] = True
    owner: Annotated[str | None, Meta(description=f"Pattern for the user. {_PATTERN}")] = None
    exp_type: Annotated[
        Kind | None, Meta(description="By the first letter of the name: `t`, `o`, or neither.")
    ] = None
    autosubmit_version: Annotated[str | None, Meta(description=f"Pattern for the version. {_PATTERN}")] = None
    hpc: Annotated[str | None, Meta(description=f"Pattern for the main platform. {_PATTERN}")] = None
    order_by: Annotated[Order | None, Meta(description="Sort key; without it the order of creation.")] = None
    order_desc: Annotated[bool, Meta(description="Whether `order_by` runs backwards.")] = False
    page: Annotated[int, Meta(ge=1, description="Number of the page, from 1.")] = 1
    page_size: Annotated[int, Meta(description="Experiments on a page; 0 or less: all of them.")] = 12


@get(
    "/v4/experiments",
    access=Access.READ,
    operation_id="experiments.search",
    query=SearchQuery,
    summary="Search experiments",
)
async def search(request: Request[Any, Any, Any]) -> Response[bytes]:
    """One page of the experiments that match all filters."""
    query, source = parse_query(request, SearchQuery), source_of(request)
    return await platform_of(request).readers.respond(request, lambda: _search(source, query))


def _search(source: ExperimentSource, query: SearchQuery) -> Plan:
    found = select(
        source.catalog(),
        Selection(
            text=query.query,
            active=query.only_active,
            owner=query.owner,
            kind=query.exp_type,
            version=query.autosubmit_version,
            hpc=query.hpc,
            order=query.order_by,
            descending=query.order_desc,
        ),
    )
    total, size = len(found), query.page_size
    if size > 0:
        start = offset_of(query.page, size)
        rows, pages, shown_size = found[start : start + size], -(-total // size), str(size)
    else:
        rows, pages, shown_size = found, 1, None
    return Plan(
        render="mestral_experiments.render.experiments:search",
        args=(rows, str(query.page), shown_size, pages, total),
        fingerprint=source.fingerprint_list(rows, Part.JOBS, Part.HISTORY),
        affinity="experiments",
    )


@get(
    "/v4/experiments/{expid:str}",
    access=Access.READ,
    operation_id="experiments.detail",
    summary="One experiment",
)
async def detail(request: Request[Any, Any, Any], expid: FromPath[str]) -> Response[bytes]:
    """Its row of the experiment table."""
    source = source_of(request)
    return await platform_of(request).readers.respond(request, lambda: _detail(source, expid))


def _detail(source: ExperimentSource, expid: str) -> Plan:
    experiment = source.find(expid)
    return Plan(
        render="mestral_experiments.render.experiments:detail",
        args=(experiment,),
        fingerprint=source.fingerprint(experiment),
        affinity=expid,
    )


HANDLERS = (search, detail)
