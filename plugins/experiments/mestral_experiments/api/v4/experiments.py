"""`GET /v4/experiments` and `GET /v4/experiments/{expid}` (contract/API_V4.md 3)."""

from typing import Annotated, Any

import msgspec
from litestar import Request, Response
from msgspec import Meta

from mestral import Access, platform_of
from mestral.http import Answers, get, parse_query
from mestral.readers import Plan
from mestral_experiments.api.parameters import Expid
from mestral_experiments.api.source import source_of
from mestral_experiments.sources.catalog import Catalog
from mestral_experiments.sources.protocol import ExperimentSource, Part
from mestral_experiments.views.experiments import ExperimentDetail, ExperimentPage
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
    answers=Answers(body=ExperimentPage, errors={503: "The main database cannot be read now."}, etag=True),
    summary="Search experiments",
)
async def search(request: Request[Any, Any, Any]) -> Response[bytes]:
    """One page of the experiments that match all filters."""
    query, source = parse_query(request, SearchQuery), source_of(request)
    return await platform_of(request).readers.respond(
        request, lambda: plan_page(source, source.catalog(), query)
    )


def plan_page(source: ExperimentSource, catalog: Catalog, query: SearchQuery) -> Plan:
    """How one page of the search is made: its body is an `ExperimentPage`."""
    found = select(
        catalog,
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
        found, pages, shown_size = found[start : start + size], -(-total // size), str(size)
    else:
        pages, shown_size = 1, None
    rows = catalog.records(found)
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
    answers=Answers(
        body=ExperimentDetail,
        errors={
            404: "There is no such experiment.",
            503: "The main database cannot be read now.",
        },
        etag=True,
    ),
    summary="One experiment",
)
async def detail(request: Request[Any, Any, Any], expid: Expid) -> Response[bytes]:
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
