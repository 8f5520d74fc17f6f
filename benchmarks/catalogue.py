"""The many small experiments of a generated tree and its two main databases.

Guarantees: the same number and seed give the same names, rows and files; names are four characters or more of
``[a-z0-9]`` and begin with a letter. The files of small experiments are copies of a few templates in which
one name is replaced by another of the same length, which keeps SQLite pages and pickles valid and makes ten
thousand of them cheap.
"""

from __future__ import annotations

import os
import random
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks import configuration, databases, job_pickle
from benchmarks.workflow import build

PICKLE_VERSION, DATABASE_VERSION = "4.1.17.1", "4.2.0"
SEARCH_TEXT = "CMIP6"
"""A word in about one description of six."""

ACTIVE = 56
"""How many small experiments ``as_times.db`` calls RUNNING."""

_PLACEHOLDER = "zzzz"
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_BEGINNING = datetime(2025, 6, 15, 12, 0, 0, tzinfo=UTC)
_MODELS = ("EC-Earth3", "IFS-NEMO", "ICON", "NEMO-PISCES", "MONARCH", "IFS-FESOM")
_KINDS = ("control run", "seasonal hindcast", "decadal prediction", "reanalysis", "dust forecast")
_PROJECTS = ("HighResMIP", "DCPP", "internal", "Copernicus")
_GRIDS = ("T255L91", "T511L91", "ORCA1", "ORCA025", "tco1279", "0.1 degrees")
_USERS = tuple(f"modeller{number:02d}" for number in range(40))
_PLATFORMS = ("TRAMUNTANA", "GARBI", "LLEVANT", "LOCAL")
_SHAPES = ((1, 1, 3), (1, 2, 3), (2, 2, 2), (1, 3, 4))


@dataclass(frozen=True, slots=True)
class Experiment:
    """A row of the main database, its details and its status."""

    number: int
    name: str
    description: str
    version: str
    user: str
    hpc: str
    created: str
    status: str | None


def small_experiments(count: int, seed: int) -> list[Experiment]:
    chance = random.Random(f"{seed}/catalogue")
    active = set(chance.sample(range(count), min(ACTIVE, count)))
    experiments = []
    for position in range(count):
        letter = "t" if position % 20 == 7 else "o" if position % 50 == 11 else "a"
        project = SEARCH_TEXT if chance.random() < 0.17 else chance.choice(_PROJECTS)
        words = (chance.choice(_MODELS), chance.choice(_KINDS), chance.choice(_GRIDS), f"for {project}")
        status = "RUNNING" if position in active else "NOT RUNNING" if chance.random() < 0.9 else None
        created = _BEGINNING - timedelta(minutes=chance.randrange(2_000_000))
        experiments.append(
            Experiment(
                number=position * 2 + 10,
                name=_name(letter, position),
                description=f"{' '.join(words)}, version {position}",
                version=DATABASE_VERSION if position % 3 == 0 else PICKLE_VERSION,
                user=chance.choice(_USERS),
                hpc=chance.choice(_PLATFORMS),
                created=created.isoformat() if position % 2 else f"{created:%Y-%m-%d %H:%M:%S}",
                status=status,
            )
        )
    return experiments


def _name(letter: str, position: int) -> str:
    text = ""
    while position or len(text) < 3:
        position, digit = divmod(position, 36)
        text = _DIGITS[digit] + text
    return letter + text


def write_main_databases(root: Path, experiments: list[Experiment]) -> None:
    """``autosubmit.db`` and ``as_times.db``; one experiment of a hundred has no details."""
    with databases.new_database(root / "autosubmit.db") as connection:
        connection.execute(
            "CREATE TABLE experiment(id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, name VARCHAR NOT NULL,"
            " description VARCHAR NOT NULL, autosubmit_version VARCHAR)"
        )
        connection.execute("CREATE TABLE db_version(version INTEGER NOT NULL)")
        connection.execute("INSERT INTO db_version VALUES (1)")
        connection.execute(
            "CREATE TABLE details (exp_id INTEGER NOT NULL, user TEXT NOT NULL, created TEXT NOT NULL,"
            " model TEXT NOT NULL, branch TEXT NOT NULL, hpc TEXT NOT NULL)"
        )
        connection.executemany(
            "INSERT INTO experiment VALUES (?,?,?,?)",
            ((e.number, e.name, e.description, e.version) for e in experiments),
        )
        connection.executemany(
            "INSERT INTO details VALUES (?,?,?,'NA','main',?)",
            ((e.number, e.user, e.created, e.hpc) for e in experiments if e.number % 200 != 110),
        )
    with databases.new_database(root / "as_times.db") as connection:
        connection.execute(
            "CREATE TABLE experiment_status (exp_id integer PRIMARY KEY, name text NOT NULL,"
            " status text NOT NULL, seconds_diff integer NOT NULL, modified text NOT NULL)"
        )
        connection.executemany(
            "INSERT INTO experiment_status VALUES (?,?,?,0,'2025-11-11T11:11:11+0000')",
            ((e.number, e.name, e.status) for e in experiments if e.status),
        )


def write_small_experiments(root: Path, experiments: list[Experiment], seed: int) -> None:
    templates = {version: _templates(root, version, seed) for version in (PICKLE_VERSION, DATABASE_VERSION)}
    chance = random.Random(f"{seed}/times")
    for folder in ("structures", "data", "graph", "logs"):
        (root / "metadata" / folder).mkdir(parents=True, exist_ok=True)
    for position, experiment in enumerate(experiments):
        if len(experiment.name) != len(_PLACEHOLDER):
            raise ValueError(f"{experiment.name}: at most {36**3} small experiments")
        template = templates[experiment.version][position % len(_SHAPES)]
        modified = _BEGINNING + timedelta(seconds=chance.randrange(12_000_000))
        for path, content in template.items():
            target = root / path.replace(_PLACEHOLDER, experiment.name)
            target.parent.mkdir(parents=True, exist_ok=True)
            stamp = f"{modified:%Y-%m-%d %H:%M:%S}"
            content = content.replace(_PLACEHOLDER.encode(), experiment.name.encode())
            if path.endswith("job_list.db"):
                content = content.replace(databases.JOBS_MODIFIED.encode(), stamp.encode())
            target.write_bytes(content)
            os.utime(target, (modified.timestamp(), modified.timestamp()))


def _templates(root: Path, version: str, seed: int) -> list[dict[str, bytes]]:
    """Per shape: path below the root -> content, with the placeholder for a name in both."""
    found = []
    for dates, members, chunks in _SHAPES:
        flow = build(_PLACEHOLDER, dates, members, chunks, seed, finished=0.7)
        with tempfile.TemporaryDirectory() as scratch:
            made = Path(scratch)
            write_experiment_files(made, flow.expid, version, (dates, members, chunks), seed, 0.7, str(root))
            found.append(
                {str(p.relative_to(made)): p.read_bytes() for p in sorted(made.rglob("*")) if p.is_file()}
            )
    return found


def write_experiment_files(
    root: Path,
    expid: str,
    version: str,
    shape: tuple[int, int, int],
    seed: int,
    finished: float,
    shown_root: str | None = None,
    job_files: bool = False,
) -> int:
    """All files of one experiment below ``root``; returns its number of jobs.

    ``shown_root`` is the root inside pickles.
    """
    flow = build(expid, *shape, seed, finished)
    folder = root / expid
    (folder / "tmp" / "ASLOGS").mkdir(parents=True)
    (folder / "tmp" / "ASLOGS" / "20250810_120000_run.log").write_text("No more jobs to run.\n")
    (folder / "tmp" / f"LOG_{expid}").mkdir()
    (folder / "tmp" / f"LOG_{expid}" / "submit.log").touch()
    (folder / "conf").mkdir()
    for name, text in configuration.configuration_files(flow, version).items():
        (folder / "conf" / name).write_text(text)
    if job_files:
        configuration.write_job_files(folder, flow)
    (folder / "pkl").mkdir()
    if version == DATABASE_VERSION:
        databases.write_job_list(folder / "db" / "job_list.db", flow)
    else:
        listing = job_pickle.job_list_bytes(flow, shown_root or str(root))
        (folder / "pkl" / f"job_list_{expid}.pkl").write_bytes(listing)
        databases.write_packages(folder / "pkl" / f"job_packages_{expid}.db", flow)
        databases.write_structure(root / "metadata" / "structures" / f"structure_{expid}.db", flow)
    metadata = configuration.run_metadata(flow, version)
    history = root / "metadata" / "data" / f"job_data_{expid}.db"
    databases.write_history(history, flow, metadata, structure=version == DATABASE_VERSION)
    return len(flow.jobs)
