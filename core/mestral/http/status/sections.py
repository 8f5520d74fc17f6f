"""Sections of the status page: how they are made, and how they are shown.

Guarantees: all sections are made at once, each in at most `SECTION_SECONDS`; one that raises, hangs, wants to
end the process or returns something else shows a sentence. Nobody sees a section whose access they lack.
"""

import asyncio
import logging
from collections.abc import Iterable

from mestral.contributions import Link, Mark, StatusSection, StatusTable
from mestral.errors import Problem
from mestral.http.status.html import Html, element, join
from mestral.logs import lent_to
from mestral.platform import Platform
from mestral.plugins.guard import cancelled_by_itself

logger = logging.getLogger(__name__)

SECTION_SECONDS = 3.0
_MAX_TEXT = 300  # characters of a cell; whoever wants all of it asks the API

_SIGNS = {"good": "✓", "warning": "!", "bad": "✕", "off": "–"}
_BROKEN = "This section could not be made; the log says why."

Cell = str | int | Link | Mark


async def show_sections(platform: Platform, sections: Iterable[tuple[str, StatusSection]]) -> Html:
    """Make sections and show them one below the other.

    Args:
        platform: The platform.
        sections: Plugin, and its section.
    """
    return join(*await asyncio.gather(*(_show(platform, *one) for one in sections)))


def show_table(title: str, table: StatusTable, root: str) -> Html:
    """A section with its heading.

    Args:
        title: The heading.
        table: What it shows.
        root: The public prefix, put before every link.
    """
    numeric = {
        column
        for row in table.rows
        for column, value in zip(table.columns, row, strict=True)
        if isinstance(value, int)
    }
    columns = tuple((column, "number" if column in numeric else "") for column in table.columns)
    head = element("tr", *(element("th", name, scope="col", class_=kind) for name, kind in columns))
    rows = (_row(columns, row, root) for row in table.rows)
    links = (element("li", _link(link, root)) for link in table.links)
    return _section(
        title,
        element("p", table.text) if table.text else "",
        element("table", element("thead", head), element("tbody", *rows), aria_label=title)
        if table.rows
        else "",
        element("ul", *links, class_="links") if table.links else "",
    )


def show_mark(mark: Mark) -> Html:
    """A word with its sign: the colour says nothing that they do not say."""
    sign = element("span", _SIGNS[mark.level], aria_hidden="true")
    return element("span", sign, " ", mark.text, class_=f"mark {mark.level}")


async def _show(platform: Platform, plugin: str, section: StatusSection) -> Html:
    try:
        async with asyncio.timeout(SECTION_SECONDS):
            with lent_to(plugin):
                table = await section.render(platform)
        return show_table(section.title, table, platform.settings.server.root_path)
    except TimeoutError:
        sentence = f"No answer within {SECTION_SECONDS:g} seconds. Load the page again."
    except Problem as problem:
        sentence = problem.message
    except asyncio.CancelledError:
        if not cancelled_by_itself():
            raise  # the client is gone or the server stops
        sentence = _BROKEN
        logger.exception("Status section %r of plugin %s was cancelled by itself.", section.title, plugin)
    except (Exception, SystemExit):
        sentence = _BROKEN
        logger.exception("Status section %r of plugin %s raised.", section.title, plugin)
    return _section(section.title, element("p", sentence, class_="trouble"))


def _section(title: str, *children: Html | str) -> Html:
    return element("section", element("h2", title), *children, aria_label=title)


def _row(columns: tuple[tuple[str, str], ...], row: tuple[Cell, ...], root: str) -> Html:
    """A row; its first cell is its heading.

    Args:
        columns: Name and class of every column.
        row: The cells.
        root: The public prefix.
    """
    head = element("th", _content(row[0], root), scope="row")
    rest = (
        element("td", _content(value, root), data_label=name, class_=kind)
        for (name, kind), value in zip(columns[1:], row[1:], strict=True)
    )
    return element("tr", head, *rest)


def _content(value: Cell, root: str) -> Html | str:
    match value:
        case Link():
            return _link(value, root)
        case Mark():
            return show_mark(value)
        case int():
            return f"{value:,}"
        case str():
            return value if len(value) <= _MAX_TEXT else f"{value[:_MAX_TEXT]}…"
    raise TypeError(f"A cell is {value!r}, of type {type(value).__name__}")


def _link(link: Link, root: str) -> Html:
    return element("a", link.text, href=root + link.path)
