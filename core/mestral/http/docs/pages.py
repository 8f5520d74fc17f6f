"""The pages and what they load.

Guarantees: a page is a few hundred bytes and names its assets with a digest of their content, so that those
may be kept for a year; everything has an ETag.
"""

import gzip
from functools import cache
from html import escape
from importlib import resources
from typing import Any

import msgspec
from litestar import Request, Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from mestral.contributions import Access
from mestral.errors import not_found
from mestral.http.coding import negotiate
from mestral.http.conditional import matches
from mestral.http.routing import get
from mestral.http.tagged import Tagged, digest
from mestral.platform import platform_of

_ASSETS = "/docs/assets"
_TYPES = {"js": "text/javascript", "css": "text/css"}
_EMPTY_STYLE = "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='"
"""An empty `<style>`: Redoc fills one rule by rule, which the policy then allows."""
_SCROLLBAR_STYLE = "'sha256-QMIg+bpjm3JdElJ388KYke01izlUW0UoNOeKjpMxdgc='"
"""The one style that Redoc 2.5.3 writes as text (of its library perfect-scrollbar)."""

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<link rel="icon" href="data:,">
{styles}
</head>
<body>
<main id="docs" data-openapi="{root}/openapi.json"></main>
{scripts}
</body>
</html>
"""


class _Page(msgspec.Struct, frozen=True, kw_only=True):
    """A page: title, names of its assets, and what its policy allows beside them."""

    title: str
    styles: tuple[str, ...]
    scripts: tuple[str, ...]
    policy: str


_SWAGGER_UI = _Page(
    title="Mestral API: try it",
    styles=("swagger-ui.css", "page.css"),
    scripts=("swagger-ui.js", "start.js"),
    policy="style-src 'self'",
)
_REDOC = _Page(
    title="Mestral API: reference",
    styles=("page.css",),
    scripts=("redoc.js", "start.js"),
    # its search runs in a worker that it writes itself
    policy=f"style-src 'self' {_EMPTY_STYLE} {_SCROLLBAR_STYLE}; worker-src blob:",
)
_NAMES = frozenset(name for page in (_SWAGGER_UI, _REDOC) for name in (*page.styles, *page.scripts))


def docs_handlers() -> tuple[HTTPRouteHandler, ...]:
    """The routes of the pages; they are not part of the OpenAPI document."""
    return (swagger_ui, redoc, asset)


@get("/docs", access=Access.PUBLIC, operation_id="core.docs", include_in_schema=False, sync_to_thread=True)
def swagger_ui(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Swagger UI: read the API and try it."""
    return _show(request, _SWAGGER_UI)


@get("/redoc", access=Access.PUBLIC, operation_id="core.redoc", include_in_schema=False, sync_to_thread=True)
def redoc(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Redoc: read the API."""
    return _show(request, _REDOC)


@get(
    _ASSETS + "/{name:str}",
    access=Access.PUBLIC,
    operation_id="core.docs_asset",
    include_in_schema=False,
    sync_to_thread=True,
)
def asset(request: Request[Any, Any, Any], name: FromPath[str]) -> Response[bytes]:
    """A script or style of the pages."""
    if name not in _NAMES:
        raise not_found(f"The documentation has no file {name}.")
    found = _load(name)
    headers = {
        "Cache-Control": "public, max-age=31536000, immutable",
        "ETag": f'W/"{found.digest}"',
        "X-Content-Type-Options": "nosniff",
    }
    if matches(request.headers.get("if-none-match"), headers["ETag"]):
        return Response(b"", status_code=304, headers=headers)
    body = found.packed
    if negotiate(request.headers.get("accept-encoding"), ("gzip",)):
        headers["Content-Encoding"] = "gzip"
    else:
        body = gzip.decompress(body)
    return Response(body, headers=headers, media_type=_TYPES[name.rpartition(".")[2]])


class _Asset(msgspec.Struct, frozen=True):
    """One file, compressed, and the digest of its content."""

    packed: bytes
    digest: str


@cache
def _load(name: str) -> _Asset:
    folder = resources.files("mestral.http.docs")
    vendored = folder / "assets" / f"{name}.gz"
    packed = vendored.read_bytes() if vendored.is_file() else gzip.compress((folder / name).read_bytes())
    return _Asset(packed, digest(gzip.decompress(packed)))


def _show(request: Request[Any, Any, Any], page: _Page) -> Response[bytes]:
    root = escape(platform_of(request).settings.server.root_path)
    body = _PAGE.format(
        title=page.title,
        root=root,
        styles="\n".join(f'<link rel="stylesheet" href="{_url(root, name)}">' for name in page.styles),
        scripts="\n".join(f'<script src="{_url(root, name)}"></script>' for name in page.scripts),
    ).encode()
    headers = {
        "Content-Security-Policy": "default-src 'none'; script-src 'self'; connect-src 'self'; "
        f"img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; {page.policy}",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
    }
    return Tagged(body, "text/html", headers).answer(request)


def _url(root: str, name: str) -> str:
    return f"{root}{_ASSETS}/{name}?v={_load(name).digest}"
