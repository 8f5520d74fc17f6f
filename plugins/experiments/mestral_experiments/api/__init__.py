"""The paths of Autosubmit API 4.2.0: thin handlers that parse a request, plan its answer and ask the readers.

`v3` and `v4` mirror the URL space, one module per resource.
"""

from litestar.handlers import HTTPRouteHandler


def handlers() -> tuple[HTTPRouteHandler, ...]:
    """All route handlers of the plugin."""
    from mestral_experiments.api import root
    from mestral_experiments.api.v3 import (
        expcount,
        filestatus,
        graph,
        history,
        performance,
        quick,
        search,
        shutdown,
        stats,
        tree,
    )
    from mestral_experiments.api.v3 import runs as v3_runs
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
    from mestral_experiments.api.v4 import graph as v4_graph
    from mestral_experiments.api.v4 import performance as v4_performance
    from mestral_experiments.api.v4 import tree as v4_tree

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
        v4_tree,
        v4_graph,
        v4_performance,
        expcount,
        quick,
        tree,
        graph,
        v3_runs,
        performance,
        stats,
        history,
        search,
        filestatus,
        shutdown,
    )
    return tuple(handler for module in modules for handler in module.HANDLERS)
