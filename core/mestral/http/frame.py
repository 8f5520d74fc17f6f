"""The frame of the OpenAPI document, which Litestar generates: paths, path parameters, summaries.

Guarantees: an app gets it without the routes by which Litestar would show it.
"""

from typing import Any

from litestar import Litestar, Router
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin


class _Unserved(JsonRenderPlugin):
    """Takes away what was added for it."""

    def receive_router(self, router: Router) -> None:
        router.routes.clear()


def frame_config(title: str, version: str) -> OpenAPIConfig:
    """The `openapi_config` of an app whose frame is asked for."""
    return OpenAPIConfig(
        title=title, version=version, use_handler_docstrings=True, render_plugins=[_Unserved()]
    )


def frame_of(app: Litestar) -> dict[str, Any]:
    """The frame of an app that was made with `frame_config`.

    Raises:
        Exception: Whatever Litestar cannot describe.
    """
    return app.openapi_schema.to_schema()
