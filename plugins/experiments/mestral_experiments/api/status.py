"""The section of the status page: experiments that are running now."""

from urllib.parse import quote

import msgspec

from mestral import Link, Mark, Platform, StatusSection, StatusTable
from mestral.readers import Plan
from mestral_experiments.api.source import require_status
from mestral_experiments.api.v4.experiments import SearchQuery, plan_page
from mestral_experiments.sources.protocol import SLOT, ExperimentSource
from mestral_experiments.views.experiments import ExperimentItem

MOST = 100
"""So many experiments are shown."""

_COLUMNS = ("Experiment", "Description", "User", "Platform", "Jobs", "Completed", "Running", "Failed")
_QUERY = SearchQuery(order_by="expid", page_size=MOST)


class _Count(msgspec.Struct):
    total_items: int


class _Page(msgspec.Struct):
    """What is shown of an `ExperimentPage`, whose page numbers are made for encoding only."""

    experiments: list[ExperimentItem]
    pagination: _Count


async def _running(platform: Platform) -> StatusTable:
    """The first page of `/v4/experiments`, by the very same plan."""
    body = await platform.readers.body(lambda: _plan(platform.services[SLOT]))
    page = msgspec.json.decode(body, type=_Page)
    total = page.pagination.total_items
    return StatusTable(
        text=_sentence(total),
        columns=_COLUMNS,
        rows=tuple(_row(item) for item in page.experiments),
        links=(
            Link("Running experiments as JSON", "/v4/experiments?page_size=0"),
            Link("All experiments as JSON", "/v4/experiments?only_active=false&page_size=0"),
        ),
    )


def _plan(source: ExperimentSource) -> Plan:
    catalog = source.catalog()
    require_status(catalog)
    return plan_page(source, catalog, _QUERY)


def _sentence(total: int) -> str:
    if total == 0:
        return "No experiment is running."
    first = f" The first {MOST} are shown." if total > MOST else ""
    return ("One experiment is running." if total == 1 else f"{total:,} experiments are running.") + first


def _row(item: ExperimentItem) -> tuple[str | int | Link | Mark, ...]:
    e = item
    name = Link(e.name, f"/v4/experiments/{quote(e.name, safe='')}")
    jobs = (e.total, e.completed, e.running, Mark(f"{e.failed:,}", "bad") if e.failed else 0)
    return name, e.description, e.user or "", e.hpc or "", *(jobs if e.total else ("",) * 4)


RUNNING = StatusSection(title="Experiments running now", render=_running)
