"""Step 8, assemble: does Litestar accept the plugin's handlers, and does their OpenAPI document build?

Guarantees: a throw-away app per plugin, so that a fault is found before the real app is made and its message
names the plugin. No lifespan is run and no logging is configured.
"""

from collections.abc import Sequence

from mestral.contributions import Routes


def trial_assembly(routes: Sequence[Routes]) -> None:
    """Build an app of these routes alone, with its OpenAPI document.

    Raises:
        Exception: Whatever Litestar finds wrong; its message names the handler or path.
    """
    from litestar import Litestar, Router
    from litestar.openapi import OpenAPIConfig

    routers = [Router(path=group.prefix or "/", route_handlers=list(group.handlers)) for group in routes]
    app = Litestar(routers, openapi_config=OpenAPIConfig(title="trial", version="0"), logging_config=None)
    app.openapi_schema.to_schema()
