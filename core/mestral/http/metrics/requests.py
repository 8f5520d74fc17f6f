"""Requests: how many, how long, how large, how many at this moment.

Guarantees: recording costs a few microseconds; what a client sends (paths, methods) makes no label.
"""

from typing import NamedTuple

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from mestral.http.report import RequestReport

UNMATCHED = "unmatched"
"""The route of every request that no route matches, or that is refused before."""

_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120)
_ROUTE = ("method", "route", "plugin")


class _Series(NamedTuple):
    """Where the requests of one kind are counted."""

    requests: Counter
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

    def end(self, report: RequestReport) -> None:
        """Its answer has ended."""
        self._in_flight -= 1
        key = (report.known_method, report.route or UNMATCHED, report.plugin, report.status)
        series = self._series.get(key)
        if series is None:
            labels = key[:3]
            series = _Series(
                self._count.labels(*labels, report.status),
                self._seconds.labels(*labels),
                self._size.labels(*labels),
            )
            self._series[key] = series
        series.requests.inc()
        series.seconds.observe(report.seconds)
        series.size.inc(report.size)
