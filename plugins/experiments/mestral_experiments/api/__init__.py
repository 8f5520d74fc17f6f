"""The paths of Autosubmit API 4.2.0: thin handlers that parse a request, plan its answer and ask the readers.

`v3` and `v4` mirror the URL space, one module per resource.
"""

from litestar.handlers import HTTPRouteHandler


def handlers() -> tuple[HTTPRouteHandler, ...]:
    """All route handlers of the plugin."""
    from mestral_experiments.api import root
    from mestral_experiments.api.v3 import expcount, filestatus, search, shutdown
    from mestral_experiments.api.v4 import experiments, index, jobs

    modules = (root, index, experiments, jobs, expcount, search, filestatus, shutdown)
    return tuple(handler for module in modules for handler in module.HANDLERS)
