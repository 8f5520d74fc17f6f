"""Paths below `/v3`, one module per resource."""

from litestar.handlers import HTTPRouteHandler


def handlers() -> tuple[HTTPRouteHandler, ...]:
    """All of them."""
    from mestral_experiments.api.v3 import (
        cconfig,
        expcount,
        expinfo,
        filestatus,
        graph,
        history,
        logs,
        performance,
        quick,
        running,
        runs,
        search,
        shutdown,
        stats,
        tree,
    )

    modules = (
        cconfig,
        expinfo,
        expcount,
        running,
        logs,
        quick,
        tree,
        graph,
        runs,
        performance,
        stats,
        history,
        search,
        filestatus,
        shutdown,
    )
    return tuple(handler for module in modules for handler in module.HANDLERS)
