"""Autosubmit's rc file: where its databases and folders are (contract/CONFIG.md 3).

Guarantees: read again when it changed and not otherwise; a key that disappears is back at its default; a
broken file is an answer (503) that says what is wrong, never a guess.
"""

import configparser
import logging
from pathlib import Path

import msgspec

from mestral import unavailable
from mestral.readers import Stamp, stamp

logger = logging.getLogger(__name__)

_API_ONLY = ("graph", "statusdb", "clients")


class RcFile(msgspec.Struct, frozen=True, kw_only=True):
    """Every setting of the rc file; texts exactly as written, folders with `~` expanded.

    Attributes:
        postgres: Whether `[database] backend` is exactly `postgres`.
        connection_url: SQLAlchemy URL, may hold a password.
        local_root: Parent of all experiment folders.
        graph: None: `metadata/graph` below `local_root`.
        log_recovery_timeout: Seconds, as written.
    """

    database_dir: Path = Path("~/debug/autosubmit").expanduser()
    database_file: str = "autosubmit.db"
    postgres: bool = False
    connection_url: str = ""
    local_root: Path = Path("~/debug/autosubmit").expanduser()
    structures: Path = Path("/esarchive/autosubmit/as_metadata/structures")
    job_data: Path = Path("/esarchive/autosubmit/as_metadata/data")
    history_logs: Path = Path("/esarchive/autosubmit/as_metadata/logs")
    global_logs: Path = Path("/esarchive/autosubmit/Aslogs")
    default_stats: Path = Path("/esarchive/autosubmit/as_output/stats")
    graph: Path | None = None
    status_dir: Path = Path("~/autosubmit/metadata/test").expanduser()
    status_file: str = "status.db"
    authorized_clients: tuple[str, ...] = ()
    platforms_conf: str = ""
    custom_platforms: str = ""
    jobs_conf: str = ""
    smtp_server: str = ""
    mail_from: str = ""
    hosts_authorized: str = ""
    hosts_forbidden: str = ""
    api_url: str = "http://192.168.11.91:8081"
    log_recovery_timeout: str = "60"

    @property
    def main_database(self) -> Path:
        """File of the experiment and details tables."""
        return self.database_dir / self.database_file

    @property
    def status_database(self) -> Path:
        """File of the experiment_status table."""
        return self.database_dir / "as_times.db"

    def placeholders(self) -> dict[str, str]:
        """What configurations may name in placeholders, in the words of Autosubmit; nothing secret."""
        return {
            "DB_DIR": str(self.database_dir),
            "DB_FILE": self.database_file,
            "DB_PATH": str(self.main_database),
            "LOCAL_ROOT_DIR": str(self.local_root),
            "STRUCTURES_DIR": str(self.structures),
            "JOBDATA_DIR": str(self.job_data),
            "HISTORICAL_LOG_DIR": str(self.history_logs),
            "GLOBAL_LOG_DIR": str(self.global_logs),
            "DEFAULT_OUTPUT_DIR": str(self.default_stats),
        }


_KEYS = {
    "database_dir": ("database", "path"),
    "database_file": ("database", "filename"),
    "connection_url": ("database", "connection_url"),
    "local_root": ("local", "path"),
    "structures": ("structures", "path"),
    "job_data": ("historicdb", "path"),
    "history_logs": ("historiclog", "path"),
    "global_logs": ("globallogs", "path"),
    "default_stats": ("defaultstats", "path"),
    "graph": ("graph", "path"),
    "status_dir": ("statusdb", "path"),
    "status_file": ("statusdb", "filename"),
    "platforms_conf": ("conf", "platforms"),
    "custom_platforms": ("conf", "custom_platforms"),
    "jobs_conf": ("conf", "jobs"),
    "smtp_server": ("mail", "smtp_server"),
    "mail_from": ("mail", "mail_from"),
    "hosts_authorized": ("hosts", "authorized"),
    "hosts_forbidden": ("hosts", "forbidden"),
    "api_url": ("autosubmitapi", "url"),
    "log_recovery_timeout": ("config", "log_recovery_timeout"),
}
_FOLDERS = {name for name, field in RcFile.__annotations__.items() if field in (Path, Path | None)}


class RcReader:
    """Finds and reads the rc file.

    Args:
        configured: `[plugins.experiments] rc_file`, used first if it exists.
        system: Folder of the files that serve all users.
    """

    def __init__(self, configured: Path | None, system: Path = Path("/etc")) -> None:
        own = [Path(".autosubmitrc"), Path("~/.autosubmitrc").expanduser()]
        self._configured = configured.expanduser() if configured else None
        self._own = [self._configured, *own] if self._configured else own
        self._system = [system / ".autosubmitrc", system / "autosubmitrc"]
        self._read: tuple[tuple[Stamp, ...], RcFile] | None = None

    def read(self) -> RcFile:
        """The settings as they are now.

        Raises:
            Problem: 503 when the file is broken or cannot be read.
        """
        files = next(([file] for file in self._own if stamp(file).inode), self._system)
        stamps = tuple(map(stamp, files))
        if self._read is None or self._read[0] != stamps:
            if self._configured and files[0] != self._configured:
                logger.warning("the configured rc file %s does not exist; using %s", self._configured, files)
            self._read = (stamps, self._parse(files))
        return self._read[1]

    def _parse(self, files: list[Path]) -> RcFile:
        parser = configparser.ConfigParser()
        parser.optionxform = str  # type: ignore[assignment,method-assign]
        for file in files:
            if file == self._system[1]:
                for section in _API_ONLY:  # these count in the last file only
                    parser.remove_section(section)
            try:
                parser.read_string(file.read_text("utf-8"), source=file.name)
            except FileNotFoundError:
                continue
            except (OSError, UnicodeDecodeError) as error:
                logger.error("%s: %s", file, error)
                raise unavailable("The rc file of Autosubmit cannot be read.") from error
            except configparser.Error as error:
                logger.error("%s: %s", file, error)
                raise unavailable(f"The rc file of Autosubmit is broken: {_reason(error)}.") from error
        return _settings(parser)


def _settings(parser: configparser.ConfigParser) -> RcFile:
    values: dict[str, object] = {}
    for name, (section, key) in _KEYS.items():
        text = _value(parser, section, key)
        if text is not None:
            values[name] = Path(text).expanduser() if name in _FOLDERS else text
    clients = _value(parser, "clients", "authorized") or ""
    postgres = _value(parser, "database", "backend") == "postgres"
    return RcFile(postgres=postgres, authorized_clients=tuple(clients.split()), **values)  # type: ignore[arg-type]


def _value(parser: configparser.ConfigParser, section: str, key: str) -> str | None:
    """The value with `%(name)s` replaced; as written where that fails (a password in a URL)."""
    try:
        return parser.get(section, key, fallback=None)
    except configparser.InterpolationError:
        return parser.get(section, key, raw=True)


def _reason(error: configparser.Error) -> str:
    """What is wrong with a file, for people, without its content: it may hold a password."""
    if isinstance(error, configparser.MissingSectionHeaderError):
        return f"line {error.lineno} stands before the first [section]"
    if isinstance(error, configparser.DuplicateSectionError):
        return f"section [{error.section}] occurs twice (line {error.lineno})"
    if isinstance(error, configparser.DuplicateOptionError):
        return f"key {error.option} occurs twice in [{error.section}] (line {error.lineno})"
    if isinstance(error, configparser.ParsingError):
        return "no `key = value` in line " + ", ".join(str(number) for number, _ in error.errors)
    return type(error).__name__
