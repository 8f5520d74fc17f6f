"""The route `/metrics`."""

from typing import TYPE_CHECKING, Any

from litestar import Request, Response
from litestar.handlers import HTTPRouteHandler

from mestral.contributions import Access
from mestral.http.routing import get
from mestral.settings.model import MetricsSettings

if TYPE_CHECKING:
    from mestral.http.metrics.registry import Metrics

PATH = "/metrics"


def metrics_handler(settings: MetricsSettings) -> HTTPRouteHandler:
    """The route of one app, open to whom its settings say; not part of the OpenAPI document."""

    @get(
        PATH,
        access=Access.PUBLIC if settings.access == "public" else Access.IDENTIFIED,
        operation_id="core.metrics",
        include_in_schema=False,
        opt={"token": settings.token},
    )
    async def metrics(request: Request[Any, Any, Any]) -> Response[bytes]:
        """Counters in the text format of Prometheus, or of OpenMetrics where that is accepted."""
        found: Metrics = request.app.state.metrics
        body, content_type = await found.exposition(request.headers.get("accept", ""))
        # As a media type it would get a second charset, and Prometheus refuses what has two.
        return Response(body, headers={"content-type": content_type})

    return metrics
