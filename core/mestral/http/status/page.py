"""The page and its route."""

import hashlib
from base64 import b64encode
from functools import cache
from importlib import resources
from typing import Any

from litestar import Request, Response
from msgspec import UNSET

from mestral.auth.guard import identity_of, needs_token
from mestral.contributions import Access, Mark, StatusSection, StatusTable
from mestral.http.health_details import Health, PluginHealth, health
from mestral.http.routing import get
from mestral.http.status.front import PAGE
from mestral.http.status.html import Html, element, join
from mestral.http.status.sections import show_mark, show_sections, show_table
from mestral.http.tagged import Tagged
from mestral.platform import Platform, platform_of
from mestral.plugins.records import SERVING, State

_MARKS = {
    "ready": Mark("Ready", "good"),
    "degraded": Mark("Degraded", "warning"),
    "not ready": Mark("Not ready", "bad"),
}
_SENTENCES = {
    "ready": "Everything that is to be used works.",
    "degraded": "The server answers, but something does not work as it should.",
    "not ready": "A plugin that this server must have does not work.",
}
_HIDDEN = "Plugins and data of this server are shown with a valid token only (Authorization: Bearer ...)."
_WHY_HIDDEN = "Why is shown with a valid token (Authorization: Bearer ...), and is in the server's log."


@get(PAGE, access=Access.PUBLIC, operation_id="core.status_page", include_in_schema=False)
async def status_page(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Status for people; `/` is the same page for browsers. 200 whatever the status: it is not a probe."""
    platform = platform_of(request)
    body = (await _render(platform, identity_of(request) is not None)).encode("utf-8", "replace")
    headers = {
        "Content-Security-Policy": f"default-src 'none'; style-src '{_style()[1]}'; img-src data:; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
    }
    return Tagged(body, "text/html", headers).answer(request)


async def _render(platform: Platform, identified: bool) -> str:
    level = platform.settings.auth.protection_level

    def may(access: Access) -> bool:
        return identified or not needs_token(access, level)

    found = await health(platform, may_read=may(Access.READ), identified=identified)
    of_plugins = [(one.name, section) for one in platform.plugins.active for section in one.status_sections]
    shown = [(name, section) for name, section in (*of_plugins, ("core", _READERS)) if may(section.access)]
    sections = await show_sections(platform, shown)
    root = platform.settings.server.root_path
    return "<!doctype html>\n" + element(
        "html",
        element("head", _head(found)),
        element(
            "body",
            element("header", _banner(found)),
            element("main", _plugins(found, identified, root), sections),
            element("footer", _links(platform, root)),
        ),
        lang="en",
    )


def _head(found: Health) -> Html:
    return join(
        Html('<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'),
        Html('<meta name="color-scheme" content="light dark"><link rel="icon" href="data:,">'),
        element("title", f"Mestral: {found.status}"),
        element("style", _style()[0]),
    )


def _banner(found: Health) -> Html:
    version = "" if found.version is UNSET else element("span", f"version {found.version}", class_="version")
    return join(
        element("h1", "Mestral", " ", version),
        element("p", show_mark(_MARKS[found.status]), " ", _SENTENCES[found.status], class_="status"),
        element("p", _HIDDEN) if found.plugins is UNSET else "",
        element("p", found.state_dir, class_="trouble") if found.state_dir not in (UNSET, "ok") else "",
    )


def _plugins(found: Health, identified: bool, root: str) -> Html:
    if found.plugins is UNSET:
        return Html()
    columns = ("Plugin", "Version", "State")
    rows = tuple((one.name, one.version, _mark(one)) for one in found.plugins)
    if identified:
        whys = (_why(one) for one in found.plugins)
        table = StatusTable(
            text="",
            columns=(*columns, "Why, and what to do"),
            rows=tuple((*row, why) for row, why in zip(rows, whys, strict=True)),
        )
    else:
        text = "" if found.status == "ready" else _WHY_HIDDEN
        table = StatusTable(text=text, columns=columns, rows=rows)
    return show_table("Plugins", table, root)


def _mark(plugin: PluginHealth) -> Mark:
    if plugin.state == State.ACTIVE:
        return Mark(plugin.state, "good")
    if not plugin.wanted:
        return Mark(plugin.state, "off")
    return Mark(plugin.state, "warning" if plugin.state in SERVING else "bad")


def _why(plugin: PluginHealth) -> str:
    checks = {} if plugin.checks is UNSET else plugin.checks
    failing = (f"{name}: {said}" for name, said in checks.items() if said != "ok")
    return " ".join(filter(None, (plugin.reason or "", *failing)))


async def _readers(platform: Platform) -> StatusTable:
    counters = platform.readers.statistics()
    return StatusTable(
        text="Since the start of this server process.",
        columns=("Counter", "Count"),
        rows=(
            ("Answers from memory", f"{counters['hits']:,}"),
            ("Answers made", f"{counters['misses']:,}"),
            ("Kept in memory", f"{counters['bytes'] / 1e6:.1f} MB"),
            ("Readers replaced", f"{counters['restarts']:,}"),
        ),
    )


_READERS = StatusSection(title="Readers", render=_readers, access=Access.IDENTIFIED)


def _links(platform: Platform, root: str) -> Html:
    pages = (
        (("Try the API", "/docs"), ("Read about the API", "/redoc")) if platform.settings.server.docs else ()
    )
    links = (*pages, ("OpenAPI document", "/openapi.json"), ("Health", "/health"))
    items = (element("li", element("a", text, href=root + path)) for text, path in links)
    return element("nav", element("ul", *items, class_="links"), aria_label="More about this server")


@cache
def _style() -> tuple[Html, str]:
    """The style, and how the policy names it."""
    text = (resources.files("mestral.http.status") / "page.css").read_text()
    return Html(text), "sha256-" + b64encode(hashlib.sha256(text.encode()).digest()).decode()
