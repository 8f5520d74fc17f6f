"""Requests: how many, how long, how large, how many at this moment.

Guarantees: recording costs a few microseconds; what a client sends (paths, methods) makes no label.
"""

from typing import NamedTuple

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

UNMATCHED = "unmatched"
"""The route of every request that no route matches, or that is refused before."""

_METHODS = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"))
_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120)
_ROUTE = ("method", "route", "plugin")


class _Series(NamedTuple):
    """Where the requests of one kind are counted."""

    count: Counter
    seconds: Histogram
    size: Counter


class RequestMetrics:
    """Counts the requests of one app."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._in_flight = 0
        self._series: dict[tuple[str, str, str, int], _Series] = {}
        self._count = Counter(
            "mestral_http_requests",
            "Requests; status 0: the client left before the answer began.",
            (*_ROUTE, "status"),
            registry=registry,
        )
        self._seconds = Histogram(
            "mestral_http_request_duration_seconds",
            "From a request's arrival to the end of its answer.",
            _ROUTE,
            buckets=_BUCKETS,
            registry=registry,
        )
        self._size = Counter(
            "mestral_http_response_bytes", "Bytes of bodies sent, as compressed.", _ROUTE, registry=registry
        )
        flying = Gauge(
            "mestral_http_requests_in_flight", "Requests being answered, this one too.", registry=registry
        )
        flying.set_function(lambda: self._in_flight)

    def begin(self) -> None:
        """A request arrives."""
        self._in_flight += 1

    def end(
        self, *, method: str, route: str | None, plugin: str, status: int, size: int, seconds: float
    ) -> None:
        """Its answer ends.

        Args:
            method: As it was sent.
            route: Template of its route; None when none matches.
            plugin: Whose route it is.
            status: HTTP status; 0 when the client left before an answer began.
            size: Bytes of the body.
            seconds: How long it took.
        """
        self._in_flight -= 1
        key = (method if method in _METHODS else "other", route or UNMATCHED, plugin, status)
        series = self._series.get(key)
        if series is None:
            labels = key[:3]
            series = _Series(
                self._count.labels(*labels, status), self._seconds.labels(*labels), self._size.labels(*labels)
            )
            self._series[key] = series
        series.count.inc()
        series.seconds.observe(seconds)
        series.size.inc(size)
