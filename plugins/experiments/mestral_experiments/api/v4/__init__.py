"""Paths below `/v4`, one module per resource."""

from litestar.handlers import HTTPRouteHandler


def handlers() -> tuple[HTTPRouteHandler, ...]:
    """All of them."""
    from mestral_experiments.api.v4 import (
        batch,
        eta,
        experiments,
        figures,
        filesystem_config,
        graph,
        health,
        index,
        job,
        jobs,
        runs,
        tree,
        user_metrics,
        wrappers,
    )

    modules = (
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
        figures,
        tree,
        graph,
    )
    return tuple(handler for module in modules for handler in module.HANDLERS)
