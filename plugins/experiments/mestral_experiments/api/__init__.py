"""The paths of Autosubmit API 4.2.0: thin handlers that parse a request, plan its answer and ask the readers.

`v3` and `v4` mirror the URL space, one module per resource.
"""

from litestar.handlers import HTTPRouteHandler


def handlers() -> tuple[HTTPRouteHandler, ...]:
    """All route handlers of the plugin."""
    from mestral_experiments.api import root, v3, v4

    return (*root.HANDLERS, *v4.handlers(), *v3.handlers())
