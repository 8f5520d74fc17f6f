"""The paths of Autosubmit API 4.2.0: thin handlers that parse a request, plan its answer and ask the readers.

`v3` and `v4` mirror the URL space, one module per resource.
"""

from litestar.handlers import HTTPRouteHandler


def handlers() -> tuple[HTTPRouteHandler, ...]:
    """All route handlers of the plugin."""
    from mestral_experiments.api import root
    from mestral_experiments.api.v3 import cconfig, expcount, filestatus, logs, running, search, shutdown
    from mestral_experiments.api.v4 import (
        batch,
        eta,
        experiments,
        filesystem_config,
        health,
        index,
        job,
        jobs,
        runs,
        user_metrics,
        wrappers,
    )

    modules = (
        root,
        index,
        experiments,
        jobs,
        job,
        wrappers,
        filesystem_config,
        health,
        batch,
        runs,
        user_metrics,
        eta,
        cconfig,
        expcount,
        running,
        logs,
        search,
        filestatus,
        shutdown,
    )
    return tuple(handler for module in modules for handler in module.HANDLERS)
