"""The contract of sources (`mestral_experiments.testing`): Autosubmit's keeps it, on files and in PostgreSQL,
and so does one of another workflow manager.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest
from tests.experiments.moving import Moved
from tests.experiments.sources import filled
from tests.experiments.sources.loom import Loom, LoomSource, new_loom
from tests.experiments.sources.making import database, digest, source

from mestral_experiments.demo import unpack
from mestral_experiments.model import Experiment
from mestral_experiments.sources.protocol import ExperimentSource, Part
from mestral_experiments.testing import (
    Change,
    ChangeContract,
    Damage,
    DamageContract,
    Factory,
    SourceContract,
)

AUTOSUBMIT_SETTINGS = (
    "ALLOWED_HOSTS", "AS_TIMES_DB", "AUTOSUBMIT_API_URL", "CONFIG_FILE_FOUND", "CUSTOM_PLATFORMS_PATH",
    "DATABASE_BACKEND", "DATABASE_CONN_URL", "DB_DIR", "DB_FILE", "DB_PATH", "DEFAULT_JOBS_CONF",
    "DEFAULT_OUTPUT_DIR", "DEFAULT_PLATFORMS_CONF", "DENIED_HOSTS", "GLOBAL_LOG_DIR", "HISTORICAL_LOG_DIR",
    "JOBDATA_DIR", "LOCAL_ASLOG_DIR", "LOCAL_PROJ_DIR", "LOCAL_ROOT_DIR", "LOCAL_TMP_DIR",
    "LOG_RECOVERY_TIMEOUT", "MAIL_FROM", "SMTP_SERVER", "STRUCTURES_DIR",
)  # fmt: skip
"""contract/API_V4.md 5.3."""


class Reading(SourceContract):
    """Trees of Autosubmit that stay as they are, in files and moved into PostgreSQL."""

    settings_names = AUTOSUBMIT_SETTINGS

    @classmethod
    def make_tree(cls, folder: Path) -> Path:
        """Makes it in an empty folder; returns its rc file, beside which everything lies."""
        raise NotImplementedError

    @pytest.fixture(scope="class", params=["files", "postgres"])
    @classmethod
    def root(cls, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
        """The folder of one, which is only read."""
        rc_file = cls.make_tree(tmp_path_factory.mktemp("tree"))
        if request.param == "postgres":
            Moved(rc_file, request.getfixturevalue("postgres")).remove_files()
        return rc_file.parent

    @pytest.fixture
    def factory(self, root: Path) -> Factory:
        return partial(source, root)

    @pytest.fixture
    def stored(self, root: Path) -> Callable[[], object]:
        return partial(digest, root)


class MadeTree(Reading):
    """What has everything."""

    empty_expid = filled.EMPTY
    secrets = filled.SECRETS

    @classmethod
    def make_tree(cls, folder: Path) -> Path:
        return filled.fill(folder / "root")


class TestPickle(MadeTree):
    """Autosubmit up to 4.1."""

    full_expid = filled.OLD
    last_counters = filled.last_counters(filled.OLD)


class TestDatabase(MadeTree):
    """Autosubmit from 4.2 on."""

    full_expid = filled.NEW
    last_counters = filled.last_counters(filled.NEW)


class TestDemo(Reading):
    """Experiments that really ran, of three versions of Autosubmit; some lack this, some that."""

    full_expid, empty_expid = "a000", "zz99"
    may_lack = (
        "wrappers", "last_wrapper", "metric_runs", "metrics", "layout", "submissions", "logs", "logs_by_job",
        "job_log", "run_log", "recovery_logs", "latest_run", "runs", "run_configuration", "attempts",
        "last_times",
    )  # fmt: skip

    @classmethod
    def make_tree(cls, folder: Path) -> Path:
        rc_file = unpack(folder).rename(folder / "autosubmit" / "autosubmitrc")
        row = f"(id, name, description, autosubmit_version) VALUES (99, '{cls.empty_expid}', '', '4.2.0')"
        database(rc_file.parent / "autosubmit.db", f"INSERT INTO experiment {row}")
        return rc_file

    @pytest.fixture(params=["a000", "a003", "a004", "a005", "o000"])
    def full(self, request: pytest.FixtureRequest, source: ExperimentSource) -> Experiment:
        return source.find(request.param)


class Changing(ChangeContract, DamageContract):
    """A tree of the test's own, which it changes in files; in PostgreSQL they are moved again after that."""

    empty_expid = filled.EMPTY

    @pytest.fixture
    def root(self, tmp_path: Path) -> Path:
        """Its folder."""
        return filled.fill(tmp_path / "root").parent

    @pytest.fixture(params=["files", "postgres"])
    def moved(self, request: pytest.FixtureRequest, root: Path) -> Moved | None:
        """What was moved; None for files."""
        in_files = request.param == "files"
        return None if in_files else Moved(root / "autosubmitrc", request.getfixturevalue("postgres"))

    @pytest.fixture
    def placed(self, moved: Moved | None) -> Callable[[], object]:
        """To be called after files were changed: brings that to where it is read."""
        return moved.again if moved else lambda: None

    @pytest.fixture
    def factory(self, root: Path, moved: Moved | None) -> Factory:
        return partial(source, root)

    @pytest.fixture
    def changes(self, root: Path, placed: Callable[[], object]) -> Mapping[Part | None, Change]:
        return filled.changes(root, self.full_expid, placed)

    @pytest.fixture
    def damages(
        self, root: Path, placed: Callable[[], object], moved: Moved | None, request: pytest.FixtureRequest
    ) -> Mapping[Part | None, Damage]:
        @contextmanager
        def no_table(name: str) -> Iterator[None]:
            with request.getfixturevalue("postgres").connect(name) as connection:
                connection.execute("ALTER TABLE experiment RENAME TO gone")
                yield
                connection.execute("ALTER TABLE gone RENAME TO experiment")

        known = filled.damages(root, self.full_expid, placed)
        # Nothing could be moved from a tree whose own table of experiments is damaged.
        return {**known, None: partial(no_table, moved.name)} if moved else known


class TestPickleThatChanges(Changing):
    """Autosubmit up to 4.1."""

    full_expid = filled.OLD


class TestDatabaseThatChanges(Changing):
    """Autosubmit from 4.2 on."""

    full_expid = filled.NEW


class TestLoom(SourceContract, ChangeContract, DamageContract):
    """Another workflow manager: in memory, with words and parts of its own."""

    full_expid, empty_expid = "linen", "spare"
    may_lack = (
        "wrappers", "last_wrapper", "metric_runs", "metrics", "layout", "run_configuration", "logs",
        "logs_by_job", "job_log", "run_log", "recovery_logs", "submissions", "facts",
    )  # fmt: skip
    secrets = ("indigo7",)
    settings_names = ("LOOMS",)

    @pytest.fixture
    def loom(self) -> Loom:
        return new_loom()

    @pytest.fixture
    def factory(self, loom: Loom, tmp_path: Path) -> Factory:
        return lambda: LoomSource(None, tmp_path, loom)

    @pytest.fixture
    def stored(self, loom: Loom) -> Callable[[], object]:
        return lambda: repr(loom)

    @pytest.fixture
    def changes(self, loom: Loom) -> Mapping[Part | None, Change]:
        flow = loom.flows["linen"]
        return {
            None: lambda: loom.titles.update(linen="Sheet"),
            Part.JOBS: lambda: flow.tasks.update(cut="done"),
            Part.STRUCTURE: lambda: flow.needs.pop(),
            Part.HISTORY: lambda: flow.ran.append(("cut", 300, 400)),
            Part.CONFIGURATION: lambda: flow.options.update(YARN="silk"),
        }

    @pytest.fixture
    def damages(self, loom: Loom) -> Mapping[Part | None, Damage]:
        @contextmanager
        def torn(part: Part) -> Iterator[None]:
            loom.flows["linen"].torn.add(part)
            yield
            loom.flows["linen"].torn.clear()

        @contextmanager
        def unplugged() -> Iterator[None]:
            loom.unplugged = True
            yield
            loom.unplugged = False

        parts = (Part.JOBS, Part.STRUCTURE, Part.HISTORY, Part.CONFIGURATION)
        return {None: unplugged, **{part: partial(torn, part) for part in parts}}
