"""What is looked at when the metrics are asked for: readers, cache, plugins."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from mestral.plugins import Plugins
from mestral.readers import Readers
from mestral.readers.report import ReaderReport

_READER = ("reader",)
_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")


class LiveCollector(Collector):
    """The state of one app's readers and plugins.

    Args:
        readers: The readers; they may not have been started yet.
        plugins: The plugins.
    """

    def __init__(self, readers: Readers, plugins: Plugins) -> None:
        self._readers = readers
        self._plugins = plugins

    def collect(self) -> Iterator[Metric]:
        """Every family with its values now."""
        yield from _readers(self._readers.reports())
        yield from self._cache()
        states = GaugeMetricFamily(
            "mestral_plugin_state",
            "1 for the state a plugin is in; wanted: whether it is to be used.",
            labels=("plugin", "version", "state", "wanted"),
        )
        for record in self._plugins.records:
            version = record.manifest.version if record.manifest else ""
            states.add_metric((record.name, version, str(record.state), str(record.wanted).lower()), 1)
        yield states

    def _cache(self) -> Iterator[Metric]:
        found = self._readers.statistics()
        asked = CounterMetricFamily(
            "mestral_cache_requests",
            "Answers over data: hit, given from the cache; not_modified, the client had it; miss, made.",
            labels=("result",),
        )
        for result, key in (("hit", "hits"), ("not_modified", "not_modified"), ("miss", "misses")):
            asked.add_metric((result,), found[key])
        yield asked
        yield GaugeMetricFamily(
            "mestral_cache_bytes", "Bytes that the cache of answers holds.", found["bytes"]
        )


def _readers(reports: Sequence[ReaderReport]) -> Iterator[Metric]:
    running = GaugeMetricFamily("mestral_reader_up", "Whether it takes jobs.", labels=_READER)
    busy = GaugeMetricFamily("mestral_reader_busy", "Whether it does a job.", labels=_READER)
    queue = GaugeMetricFamily("mestral_reader_queue_jobs", "Jobs that wait for it.", labels=_READER)
    restarts = CounterMetricFamily(
        "mestral_reader_restarts", "How often its process was replaced.", labels=_READER
    )
    resident = GaugeMetricFamily("mestral_reader_resident_bytes", "Its resident memory.", labels=_READER)
    cpu = CounterMetricFamily(
        "mestral_reader_cpu_seconds", "Processor time of its present process.", labels=_READER
    )
    for report in reports:
        labels = (str(report.number),)
        used = _usage(report.pid) if report.pid else _Usage(0, 0)
        running.add_metric(labels, bool(report.pid))
        busy.add_metric(labels, report.busy)
        queue.add_metric(labels, report.waiting)
        restarts.add_metric(labels, report.restarts)
        resident.add_metric(labels, used.resident_bytes)
        cpu.add_metric(labels, used.cpu_seconds)
    yield from (running, busy, queue, restarts, resident, cpu)


class _Usage(NamedTuple):
    resident_bytes: float
    cpu_seconds: float


def _usage(pid: int) -> _Usage:
    """What a process uses (proc(5)); nothing when it has just ended."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_bytes()
    except OSError:
        return _Usage(0, 0)
    fields = stat.rpartition(b")")[2].split()  # from field 3 on: the name before may hold anything
    return _Usage(int(fields[21]) * _PAGE, (int(fields[11]) + int(fields[12])) / _TICKS)
