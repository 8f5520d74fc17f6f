"""The whole document.

Guarantees: made once, before the app starts, from its own routes; every operation has its explicit id, its
plugin (`x-plugin`, also its tag), its access level (`x-access`), its parameters, the shape of its answers and
every status it can answer. Litestar makes the frame; bodies and answers are described here, by msgspec, which
also encodes them.
"""

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec
from litestar import Litestar
from litestar.handlers import HTTPRouteHandler
from litestar.routes import HTTPRoute

from mestral.auth.guard import refuses_anonymous, who_asks
from mestral.contributions import Access
from mestral.http.answers import answers_of
from mestral.http.frame import frame_of
from mestral.http.openapi.examples import Examples
from mestral.http.openapi.parameters import complete_parameters
from mestral.http.openapi.responses import HEADERS, PROBLEM, complete_responses
from mestral.http.openapi.schemas import Schemas, prune
from mestral.plugins import PluginRecord
from mestral.settings.model import Settings

BEARER = "bearer"

_ABOUT = """An API assembled from plugins; each tag below is one.

**Errors.** Whatever is not a success is `{"error": true, "error_message": "...", "code": "..."}`: a sentence
for people and a stable word for programs. Beside what is listed with each operation: an unknown path is 404,
an unknown method 405 with `Allow`. Paths below `/v3` answer most errors with 200 and `error: true`, as in
Autosubmit API.

**Requests.** HEAD works wherever GET does. Repeated slashes and one at the end do not count. Unknown query
parameters are ignored; of a repeated one the last counts. A boolean may also be written 1, yes, on, t, y or
0, no, off, f, n, in any case.

**Answers.** Every answer has an `X-Request-ID`, which also stands in the server's log. Answers with an `ETag`
honour `If-None-Match`.
"""
_SECURITY = {
    "type": "http",
    "scheme": "bearer",
    "bearerFormat": "JWT",
    "description": "A token that a login issued, or the static token that the deployer configured.",
}


def build_openapi(app: Litestar, records: Iterable[PluginRecord], settings: Settings) -> bytes:
    """The document as JSON.

    Args:
        app: What is served, made with `frame_config`.
        records: The plugins that are served.
        settings: For the root path and the protection level.
    """
    records = list(records)
    document = frame_of(app)
    document["info"]["description"] = _ABOUT
    document["info"]["license"] = {"name": "Apache-2.0", "identifier": "Apache-2.0"}
    server = settings.server
    url = server.public_url or server.root_path or "/"
    document["servers"] = [{"url": url}]
    core = {"name": "core", "description": "Mestral itself: health, this document, the check of tokens."}
    document["tags"] = [core, *map(_tag, records)]
    schemas, examples = Schemas(), Examples(records)
    for route, method, handler in documented_routes(app):
        if handler.include_in_schema is not False:
            operation = document["paths"][route.path_format][method.lower()]
            _complete(operation, handler, settings, schemas, examples)
    components = document.setdefault("components", {})
    components["schemas"] = {**components.get("schemas", {}), **schemas.components(), "Problem": PROBLEM}
    components["headers"] = HEADERS
    components["securitySchemes"] = {BEARER: _SECURITY}
    prune(document)
    return msgspec.json.encode(document)


def documented_routes(app: Litestar) -> Iterator[tuple[HTTPRoute, str, HTTPRouteHandler]]:
    """Every route, method and handler of an app that has an operation id."""
    for route in app.routes:
        if isinstance(route, HTTPRoute):
            for method, (handler, _) in route.route_handler_map.items():
                if handler.operation_id:
                    yield route, str(method), handler


def _tag(record: PluginRecord) -> dict[str, str]:
    summary, version = (record.manifest.summary, record.manifest.version) if record.manifest else ("", "")
    return {"name": record.name, "description": f"{summary} (version {version})"}


def _complete(
    operation: dict[str, Any],
    handler: HTTPRouteHandler,
    settings: Settings,
    schemas: Schemas,
    examples: Examples,
) -> None:
    """Add to one operation what Litestar cannot know."""
    access: Access = handler.opt["access"]
    operation["x-plugin"] = handler.opt["plugin"]
    operation["x-access"] = str(access)
    protected = refuses_anonymous(handler.opt, settings.auth)
    if protected or 401 in answers_of(handler).errors:
        operation["security"] = [{BEARER: []}]
    elif access is not Access.PUBLIC:
        operation["security"] = [{BEARER: []}, {}]
    complete_parameters(operation, handler)
    complete_responses(
        operation,
        handler,
        schemas,
        settings.server,
        protected=protected,
        decided=who_asks(handler.opt) != "none",
    )
    examples.show(operation)
