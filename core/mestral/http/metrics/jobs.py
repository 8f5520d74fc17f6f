"""Jobs of the reader processes: how many, how long they waited, read and computed."""

from prometheus_client import CollectorRegistry, Counter, Histogram

from mestral.readers.report import JobReport

_BUCKETS = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120)
_JOB = ("plugin", "render")


class JobMetrics:
    """Counts the jobs of one app. `render` is an import path that a plugin's code gave."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._count = Counter(
            "mestral_reader_jobs", "Jobs, by what became of them.", (*_JOB, "outcome"), registry=registry
        )
        self._waited = Histogram(
            "mestral_reader_wait_seconds",
            "Until a reader began with a job.",
            buckets=_BUCKETS,
            registry=registry,
        )
        self._seconds = Histogram(
            "mestral_reader_job_seconds",
            "A reader was busy with a job: parsing, computing, encoding, compressing.",
            _JOB,
            buckets=_BUCKETS,
            registry=registry,
        )
        self._parsing = Counter(
            "mestral_reader_parse_seconds",
            "The part of it that went into copies kept for other answers (Memo).",
            _JOB,
            registry=registry,
        )

    def observe(self, job: JobReport) -> None:
        """A job ended."""
        labels = (job.plugin, job.render)
        self._count.labels(*labels, job.outcome).inc()
        self._waited.observe(job.waited)
        if job.begun:
            self._seconds.labels(*labels).observe(job.seconds)
            self._parsing.labels(*labels).inc(job.parse_seconds)
