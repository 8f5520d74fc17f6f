"""Autosubmit's rc file: where its databases and folders are (contract/CONFIG.md 3).

Guarantees: read again when it changed and not otherwise; a key that disappears is back at its default; a
broken file is a fault that says what is wrong, never a guess, and is logged once per state of the file.
"""

import configparser
import logging
from pathlib import Path

import msgspec

from mestral import unavailable
from mestral.readers import Stamp, stamp
from mestral_experiments.sources.faults import Damaged

logger = logging.getLogger(__name__)

_API_ONLY = ("graph", "statusdb", "clients")


class RcFile(msgspec.Struct, frozen=True, kw_only=True):
    """Every setting of the rc file; texts exactly as written, folders with `~` expanded.

    Attributes:
        found: Whether there is an rc file; without one everything is at its default.
        postgres: Whether `[database] backend` is exactly `postgres`.
        connection_url: SQLAlchemy URL, may hold a password.
        local_root: Parent of all experiment folders.
        graph: None: `metadata/graph` below `local_root`.
        log_recovery_timeout: Seconds, as written.
    """

    found: bool = False
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

    def shown(self) -> dict[str, str | int | bool]:
        """Every setting that configurations of experiments show, in the words of Autosubmit; nothing secret.

        contract/API_V4.md 5.3: the URL of the database is always "".
        """
        timeout = self.log_recovery_timeout.strip()
        return {
            "ALLOWED_HOSTS": self.hosts_authorized,
            "AS_TIMES_DB": self.status_database.name,
            "AUTOSUBMIT_API_URL": self.api_url,
            "CONFIG_FILE_FOUND": self.found,
            "CUSTOM_PLATFORMS_PATH": self.custom_platforms,
            "DATABASE_BACKEND": "postgres" if self.postgres else "sqlite",
            "DATABASE_CONN_URL": "",
            "DB_DIR": str(self.database_dir),
            "DB_FILE": self.database_file,
            "DB_PATH": str(self.main_database),
            "DEFAULT_JOBS_CONF": self.jobs_conf,
            "DEFAULT_OUTPUT_DIR": str(self.default_stats),
            "DEFAULT_PLATFORMS_CONF": self.platforms_conf,
            "DENIED_HOSTS": self.hosts_forbidden,
            "GLOBAL_LOG_DIR": str(self.global_logs),
            "HISTORICAL_LOG_DIR": str(self.history_logs),
            "JOBDATA_DIR": str(self.job_data),
            "LOCAL_ASLOG_DIR": "ASLOGS",
            "LOCAL_PROJ_DIR": "proj",
            "LOCAL_ROOT_DIR": str(self.local_root),
            "LOCAL_TMP_DIR": "tmp",
            "LOG_RECOVERY_TIMEOUT": int(timeout) if timeout.isdecimal() and len(timeout) < 10 else 60,
            "MAIL_FROM": self.mail_from,
            "SMTP_SERVER": self.smtp_server,
            "STRUCTURES_DIR": str(self.structures),
        }


KEYS = {
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
        self._told: tuple[Stamp, ...] | None = None

    def files(self) -> list[Path]:
        """The files that count now: the first that exists, else those of the system, later ones on top."""
        return next(([file] for file in self._own if stamp(file).inode), self._system)

    def read(self) -> RcFile:
        """The settings as they are now.

        Raises:
            Problem: 503 when the file is broken or cannot be read.
        """
        files = self.files()
        stamps = tuple(map(stamp, files))
        if self._read is None or self._read[0] != stamps:
            told, self._told = self._told == stamps, stamps
            if self._configured and files[0] != self._configured and not told:
                using = ", ".join(str(file.absolute()) for file in files)
                logger.warning("the configured rc file %s does not exist; using %s", self._configured, using)
            try:
                self._read = (stamps, _settings(self.parse(files), any(one.inode for one in stamps)))
            except Unreadable as fault:
                if not told:
                    logger.error("%s", fault)
                raise unavailable(f"The rc file of Autosubmit {fault.sentence}.") from fault
        return self._read[1]

    def look(self) -> tuple[str, RcFile | None, str]:
        """What a deployer has to know.

        Returns:
            The file that counts, empty when there is none; what it says, None when it cannot be used; what is
            wrong, empty when nothing is.
        """
        files = [file for file in self.files() if stamp(file).inode]
        missing = ""
        if self._configured and files[:1] != [self._configured]:
            missing = f"{self._configured}: {_why_missing(self._configured)}; "
        if not files:
            other = "no other rc file" if missing else "no rc file of Autosubmit"
            places = [file for file in (*self._own, *self._system) if file != self._configured]
            looked = ", ".join(dict.fromkeys(str(file.absolute()) for file in places))
            return "", None, f"{missing}{other} was found; looked at {looked}"
        file = files[-1].absolute()
        instead = f"{missing}{file} is read instead" if missing else ""
        try:
            parser = self.parse(files)
        except Unreadable as fault:
            return str(file), None, "; ".join(filter(None, [instead, str(fault)]))
        return (
            str(file),
            _settings(parser, found=True),
            instead or ("" if parser.sections() else f"{file}: has no [section], so it sets nothing"),
        )

    def parse(self, files: list[Path]) -> configparser.ConfigParser:
        """What the files say, as it is written.

        Raises:
            Unreadable: One of them is broken or cannot be read.
        """
        parser = configparser.ConfigParser()
        parser.optionxform = str  # type: ignore[assignment,method-assign]
        for file in files:
            if file == self._system[1]:
                for section in _API_ONLY:  # these count in the last file only
                    parser.remove_section(section)
            try:
                if file.exists() and not (file.is_file() or file.is_dir()):
                    raise Unreadable(file, "is not a regular file", "cannot be read")  # a pipe would block
                parser.read_string(file.read_text("utf-8"), source=file.name)
            except FileNotFoundError:
                continue
            except UnicodeDecodeError as error:
                raise Unreadable(file, "is not UTF-8 text", "cannot be read") from error
            except OSError as error:
                raise Unreadable(file, str(error.strerror), "cannot be read") from error
            except configparser.Error as error:
                reason = _reason(error)
                raise Unreadable(file, reason, f"is broken: {reason}") from error
        return parser


class Unreadable(Damaged):
    """An rc file that cannot be used.

    Attributes:
        sentence: What is wrong, without a path, to follow `The rc file of Autosubmit`.
    """

    def __init__(self, file: Path, reason: str, sentence: str) -> None:
        super().__init__(f"{file.absolute()}: {reason}")
        self.sentence = sentence


def _why_missing(file: Path) -> str:
    try:
        file.stat()
    except (OSError, ValueError) as error:
        return str(getattr(error, "strerror", None) or error)
    return "it has just appeared"


def _settings(parser: configparser.ConfigParser, found: bool) -> RcFile:
    values: dict[str, object] = {}
    for name, (section, key) in KEYS.items():
        text = _value(parser, section, key)
        if text is not None:
            values[name] = Path(text).expanduser() if name in _FOLDERS else text
    clients = _value(parser, "clients", "authorized") or ""
    postgres = _value(parser, "database", "backend") == "postgres"
    return RcFile(found=found, postgres=postgres, authorized_clients=tuple(clients.split()), **values)  # type: ignore[arg-type]


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
