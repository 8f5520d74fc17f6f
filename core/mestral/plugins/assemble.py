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

    from mestral.http.frame import frame_config, frame_of

    routers = [Router(path=group.prefix or "/", route_handlers=list(group.handlers)) for group in routes]
    frame_of(Litestar(routers, openapi_config=frame_config("trial", "0"), logging_config=None))
