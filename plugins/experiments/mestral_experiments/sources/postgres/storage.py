"""`PostgresStorage`: one schema of tables per experiment, and the shared tables beside them.

Guarantees: those of `Storage`. A schema or table that is not there is `Missing`: the experiment was created
and never ran, or is archived.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar

from mestral.readers import Fingerprint, content_digest, fingerprint
from mestral_experiments.model import Experiment
from mestral_experiments.sources import pickles, places
from mestral_experiments.sources.faults import Fault, Missing
from mestral_experiments.sources.joblist import JobList
from mestral_experiments.sources.postgres.marks import PICKLES, Marks, PickledRow, Table
from mestral_experiments.sources.postgres.server import Server
from mestral_experiments.sources.postgres.tables import PostgresTables
from mestral_experiments.sources.protocol import Part
from mestral_experiments.sources.rcfile import RcFile
from mestral_experiments.sources.stamps import ManyStamps, configuration_stamps
from mestral_experiments.sources.storage import Database, Pickle, Store
from mestral_experiments.sources.tables import DETAILS, EXPERIMENT, STATUS

T = TypeVar("T")

_TOGETHER = 50  # experiments: more would not be faster, and hold more locks for longer
_JOBS = ("jobs",)
_EDGES = ("experiment_structure",)
_WRAPPERS = ("wrappers_jobs", "job_package", "preview_wrappers_jobs", "wrapper_job_package")
_HISTORY = ("experiment_run", "job_data")
_METRICS = ("user_metrics",)
_LAYOUT = ("experiment_graph_draw",)
_OF_PART = {
    Part.JOBS: _JOBS,
    Part.STRUCTURE: (*_JOBS, *_EDGES),  # a job list that is a graph has the edges
    Part.WRAPPERS: _WRAPPERS,
    Part.HISTORY: _HISTORY,
    Part.METRICS: _METRICS,
    Part.LAYOUT: _LAYOUT,
}
_SIZE = "SELECT sum(pg_total_relation_size(to_regclass(name)))::bigint FROM unnest(%s::text[]) name"


@dataclass(frozen=True, slots=True)
class _Connected:
    """What is in a server. Equal when it is the same thing in the same server."""

    server: Server
    marks: Marks = field(compare=False)


@dataclass(frozen=True, slots=True)
class PostgresStore(_Connected, Store):
    """Tables of one schema that belong together.

    Attributes:
        schema: None: where the server looks for names without one.
        tables: Those that may be asked for.
    """

    kind = "PostgreSQL"

    schema: str | None
    tables: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.server}: {', '.join(table.sql for table in self._tables)}"

    @property
    def _tables(self) -> list[Table]:
        return [Table(self.schema, name) for name in self.tables]

    def taken(self) -> Fingerprint:
        """See `Store`."""
        return fingerprint((), content_digest(self.marks.of(self._tables)))

    def read(self, read: Callable[[Database], T], *, patience: float | None = None) -> T:
        """See `Store`."""
        with self.server.reading(patience) as reading:
            return read(PostgresTables(reading, self.schema))

    def peek(self, read: Callable[[Database], T]) -> T | None:
        """As `read`: nothing would be copied."""
        return self.read(read, patience=0)

    def weigh(self) -> tuple[int | None, datetime | None]:
        """Of the tables with their indexes; when they changed is not known."""
        with self.server.reading() as reading:
            ((size,),) = reading.rows(_SIZE, ([table.sql for table in self._tables],))
        return size, None


@dataclass(frozen=True, slots=True)
class PostgresPickle(_Connected, Pickle):
    """A pickled job list in the table of them."""

    expid: str

    def __str__(self) -> str:
        return f"{self.server}: {PICKLES.sql}, {self.expid}"

    def taken(self) -> Fingerprint:
        """See `Pickle`."""
        return fingerprint((), content_digest(self.marks.of([PickledRow(self.expid)])))

    def read(self) -> JobList:
        """See `Pickle`."""
        content = self._value("pkl", binary=True)
        if content is None:
            raise Missing(str(self))
        return pickles.read_content(bytes(content), str(self))

    def modified(self) -> datetime | None:
        """Stored as local time of the machine that wrote it: taken for this one's."""
        modified = self._value("modified")
        with suppress(TypeError, ValueError, OverflowError):
            return datetime.fromisoformat(modified).astimezone(UTC)
        return None

    def weigh(self) -> tuple[int | None, datetime | None]:
        """See `Pickle`."""
        return self._value("octet_length(pkl)"), self.modified()

    def _value(self, expression: str, *, binary: bool = False) -> Any:
        statement = f"SELECT {expression} FROM {PICKLES.sql} WHERE expid = %s"  # noqa: S608
        with self.server.reading() as reading:
            found = reading.rows(statement, (self.expid,), binary=binary)
        return found[0][0] if found else None


class PostgresStorage:
    """Implements `Storage`.

    Args:
        rc: Where the server is, and the files that are files all the same.
        seconds, connections: See `Server`.
    """

    def __init__(self, rc: RcFile, seconds: float, connections: int) -> None:
        self._rc = rc
        self._server = Server(rc.connection_url, seconds, connections)
        self._marks = Marks(self._server)
        self._many = ManyStamps()
        self.main = self._store(None, (EXPERIMENT.name, DETAILS.name))
        self.status = self._store(None, (STATUS.name,))

    def moment(self) -> Fingerprint:
        """The snapshot of the server: no commit, no other moment."""
        return fingerprint((), self._marks.moment())

    def job_list(self, experiment: Experiment) -> PostgresStore | PostgresPickle | None:
        """The table of jobs or the pickled row."""
        name = experiment.name
        jobs, pickled = self._marks.of([Table(name, "jobs"), PickledRow(name)])
        if jobs is not None and (pickled is None or places.has_database(experiment.version)):
            return self._store(name, _JOBS)
        return PostgresPickle(self._server, self._marks, name) if pickled is not None else None

    def structures(self, experiment: Experiment) -> Iterator[PostgresStore]:
        """One table, which has more columns since 4.2."""
        yield self._store(experiment.name, _EDGES)

    def wrappers(self, experiment: Experiment) -> Iterator[PostgresStore]:
        """The tables of every version."""
        yield self._store(experiment.name, _WRAPPERS)

    def history(self, experiment: Experiment) -> PostgresStore:
        """Runs and attempts of jobs."""
        return self._store(experiment.name, _HISTORY)

    def metrics(self, experiment: Experiment) -> PostgresStore:
        """User metrics."""
        return self._store(experiment.name, _METRICS)

    def layout(self, experiment: Experiment) -> PostgresStore:
        """The stored layout of the graph."""
        return self._store(experiment.name, _LAYOUT)

    def fingerprint(self, experiment: Experiment, parts: Collection[Part]) -> Fingerprint:
        """By the marks of tables, and by the files of the configuration."""
        marks = self._marks_of([experiment], parts)
        stamps = configuration_stamps(self._rc, experiment) if Part.CONFIGURATION in parts else ()
        return fingerprint(stamps, content_digest(experiment, marks))

    def fingerprint_list(self, experiments: Sequence[Experiment], parts: Collection[Part]) -> Fingerprint:
        """As `fingerprint`; files by `stat` alone."""
        marks = self._marks_of(experiments, parts)
        files = self._many.stamp(self._rc, experiments, {Part.CONFIGURATION} & set(parts))
        return files + fingerprint((), content_digest(marks))

    def in_turn(self, experiments: Sequence[Experiment], parts: Collection[Part]) -> Iterator[Experiment]:
        """Some share a transaction, and their marks are taken together."""
        for start in range(0, len(experiments), _TOGETHER):
            some = experiments[start : start + _TOGETHER]
            with self._server.together():
                with suppress(Fault):  # whose it is will be said of each
                    self._marks_of(some, parts)
                yield from some

    def problem(self) -> str:
        """Whether the shared tables can be read."""
        needs = EXPERIMENT.needs
        try:
            self.main.peek(lambda database: database.select(EXPERIMENT.name, needs, "LIMIT 1", needs=needs))
        except Missing as fault:
            return f"[database] connection_url: {fault}; is it Autosubmit's database?"
        except Fault as fault:
            return f"[database] backend = postgres: {fault}"
        return ""

    def close(self) -> None:
        """Close the connections."""
        self._server.close()

    def _store(self, schema: str | None, tables: tuple[str, ...]) -> PostgresStore:
        return PostgresStore(self._server, self._marks, schema, tables)

    def _marks_of(self, experiments: Sequence[Experiment], parts: Collection[Part]) -> list[str | None]:
        names = dict.fromkeys(name for part in parts for name in _OF_PART.get(part, ()))
        things: list[Table | PickledRow] = [
            Table(experiment.name, name) for experiment in experiments for name in names
        ]
        if not {Part.JOBS, Part.STRUCTURE}.isdisjoint(parts):
            things += [PickledRow(experiment.name) for experiment in experiments]
        return self._marks.of(things)
