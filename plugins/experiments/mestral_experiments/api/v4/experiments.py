"""`GET /v4/experiments` and `GET /v4/experiments/{expid}` (contract/API_V4.md 3)."""

import sys
from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Annotated, Any, Literal, cast

import msgspec
from litestar import Request, Response
from msgspec import Meta

from mestral import Access, invalid, platform_of
from mestral.http import Answers, get, parse_query
from mestral.readers import Plan
from mestral_experiments.api.parameters import Expid
from mestral_experiments.api.source import source_of
from mestral_experiments.sources.catalog import Catalog
from mestral_experiments.sources.protocol import ExperimentSource, Part
from mestral_experiments.views.experiments import (
    FROM_FILES,
    ChosenExperimentPage,
    ExperimentDetail,
    ExperimentField,
    ExperimentPage,
    ExperimentSlice,
)
from mestral_experiments.views.lists.cursors import Cursor, read_cursor
from mestral_experiments.views.lists.pagination import offset_of
from mestral_experiments.views.lists.selection import Kind, Order, Selection, key_at, select
from mestral_experiments.views.lists.turning import Asked, turn

OrderBy = Literal["expid", "created", "description"]
_TIME = "ISO 8601; without an offset in the server's time zone, without a time from midnight on."
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
    order_by: Annotated[OrderBy | None, Meta(description="Sort key; without it the order of creation.")] = (
        None
    )
    order_desc: Annotated[bool, Meta(description="Whether `order_by` runs backwards.")] = False
    page: Annotated[int, Meta(ge=1, description="Number of the page, from 1.")] = 1
    page_size: Annotated[int, Meta(description="Experiments on a page; 0 or less: all of them.")] = 12
    fields: Annotated[
        tuple[ExperimentField, ...] | None,
        Meta(description="Fields to show, separated by commas; without it all of them."),
    ] = None
    sort_by: Annotated[
        ExperimentField | None, Meta(description="Any field to sort by; counts instead of `order_by`.")
    ] = None
    sort_desc: Annotated[bool, Meta(description="Whether `sort_by` runs backwards.")] = False
    created_since: Annotated[datetime | None, Meta(description=f"Created then or later. {_TIME}")] = None
    created_before: Annotated[datetime | None, Meta(description=f"Created earlier. {_TIME}")] = None
    modified_since: Annotated[datetime | None, Meta(description=f"Changed then or later. {_TIME}")] = None
    modified_before: Annotated[datetime | None, Meta(description=f"Not changed since. {_TIME}")] = None
    cursor: Annotated[
        str | None,
        Meta(
            description="Instead of `page`, for lists that change: empty for the first page, then "
            "`next_cursor` of the answer before, with the other parameters unchanged. Nothing is shown twice "
            "or left out because of experiments that were added or removed meanwhile."
        ),
    ] = None

    @property
    def order(self) -> tuple[ExperimentField | None, bool]:
        """The field to order by, None for the order of creation, and whether it runs backwards."""
        if self.sort_by is not None:
            return self.sort_by, self.sort_desc
        if self.order_by is None:
            return None, False
        return ("name" if self.order_by == "expid" else self.order_by), self.order_desc

    @property
    def after(self) -> Cursor | None:
        """What `cursor` holds; None for the first page. Raises Problem (422) when it is none of this list."""
        order, descending = self.order
        try:
            return read_cursor(self.cursor or "", order or "id", descending, int)
        except ValueError as fault:
            raise invalid(f"Invalid value for 'cursor': {fault}") from fault


@get(
    "/v4/experiments",
    access=Access.READ,
    operation_id="experiments.search",
    query=SearchQuery,
    answers=Answers(
        body=(ExperimentPage, ChosenExperimentPage, ExperimentSlice),
        errors={503: "The main database cannot be read now."},
        etag=True,
    ),
    summary="Search experiments",
)
async def search(request: Request[Any, Any, Any]) -> Response[bytes]:
    """One page of the experiments that match all filters."""
    query, source = parse_query(request, SearchQuery), source_of(request)
    after = query.after
    return await platform_of(request).readers.respond(
        request, lambda: plan_page(source, source.catalog(), query, after)
    )


def plan_page(
    source: ExperimentSource, catalog: Catalog, query: SearchQuery, after: Cursor | None = None
) -> Plan:
    """How one page of the search is made: its body is an `ExperimentPage`, or what `fields` and `cursor` ask.

    Args:
        source, catalog, query: Where from, and what is asked.
        after: What `query.cursor` holds.
    """
    order, descending = query.order
    by_files = order in FROM_FILES
    found = select(
        catalog,
        Selection(
            text=query.query,
            active=query.only_active,
            owner=query.owner,
            kind=query.exp_type,
            version=query.autosubmit_version,
            hpc=query.hpc,
            created_since=_seconds(query.created_since),
            created_before=_seconds(query.created_before),
            order=None if by_files else cast("Order | None", order),
            descending=descending,
        ),
    )
    asked = _asked(query, after)
    since, before = _seconds(query.modified_since), _seconds(query.modified_before)
    if by_files or since is not None or before is not None:
        rows = catalog.records(sorted(found))
        return Plan(
            render="mestral_experiments.render.experiments:search_by_files",
            args=(rows, asked, since, before),
            fingerprint=source.fingerprint_list(rows, Part.JOBS, Part.HISTORY),
            affinity="experiments",
        )
    place = partial(key_at, catalog, cast("Order", asked.order))
    shown, frame = turn(found, asked, place, catalog.columns.id.__getitem__)
    rows = catalog.records(shown)
    return Plan(
        render="mestral_experiments.render.experiments:search",
        args=(rows, frame),
        fingerprint=source.fingerprint_list(rows, *parts_of(query.fields)),
        affinity="experiments",
    )


def parts_of(fields: Sequence[str] | None) -> tuple[Part, ...]:
    """What has to be looked at to show these fields, None for all."""
    return (Part.JOBS, Part.HISTORY) if fields is None or not FROM_FILES.isdisjoint(fields) else ()


def _asked(query: SearchQuery, after: Cursor | None) -> Asked:
    size = query.page_size if query.page_size > 0 else None
    order, descending = query.order
    return Asked(
        page=str(query.page),
        size=None if size is None else str(size),
        offset=0 if size is None else offset_of(query.page, size),
        limit=None if size is None else min(size, sys.maxsize),
        order=order or "id",
        descending=descending,
        fields=query.fields,
        by_cursor=query.cursor is not None,
        cursor=after,
    )


def _seconds(moment: datetime | None) -> float | None:
    return None if moment is None else moment.timestamp()


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
