"""The metrics of one app."""

import platform

from prometheus_client import CollectorRegistry, Info, ProcessCollector
from prometheus_client.exposition import choose_encoder

from mestral import __version__
from mestral.http.metrics.jobs import JobMetrics
from mestral.http.metrics.live import LiveCollector
from mestral.http.metrics.requests import RequestMetrics
from mestral.plugins import Plugins
from mestral.readers import Readers, Threads


class Metrics:
    """Everything that is counted.

    Attributes:
        requests: What `Outer` tells of requests.
        jobs: What the readers tell of jobs.
    """

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._thread = Threads(1, "mestral metrics")  # its own: handlers that hang fill the threads of all
        self.requests = RequestMetrics(self._registry)
        self.jobs = JobMetrics(self._registry)
        ProcessCollector(registry=self._registry)
        build = Info("mestral_build", "Version of Mestral and of Python.", registry=self._registry)
        build.info({"version": __version__, "python": platform.python_version()})

    def watch(self, readers: Readers, plugins: Plugins) -> None:
        """Show these whenever the metrics are asked for."""
        self._registry.register(LiveCollector(readers, plugins))

    async def exposition(self, accept: str) -> tuple[bytes, str]:
        """The text of all metrics and its content type.

        Args:
            accept: The request's `Accept`.
        """
        encode, content_type = choose_encoder(accept)
        return await self._thread.run(lambda: encode(self._registry)), content_type
