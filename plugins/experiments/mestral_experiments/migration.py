"""What `mestral migrate check` says of Autosubmit's rc file (contract/CONFIG.md 3, contract/AUTH.md B6).

Guarantees: the file is found and read by the same code that serves; nothing is written, passwords are masked.
"""

import os
from collections.abc import Iterator, Mapping
from configparser import ConfigParser
from importlib.util import find_spec
from pathlib import Path

from mestral import Migrated, Verdict, mask_urls
from mestral_experiments.settings import ExperimentsSettings
from mestral_experiments.sources.rcfile import KEYS, RcFile, RcReader, Unreadable

_PLACES = {
    "database_dir",
    "database_file",
    "local_root",
    "structures",
    "job_data",
    "history_logs",
    "global_logs",
    "default_stats",
}
"""Those that Mestral looks into, or that configurations may name in placeholders."""

_PREFERENCES = "autosubmit_api.db"
_NOT_YET = "Autosubmit API repeats it in its answer on the file system; Mestral has no such answer yet."
_ALSO = {("database", "backend"), ("clients", "authorized"), ("database", "connection_url")}


def rc_file(settings: ExperimentsSettings | None, environ: Mapping[str, str]) -> list[Migrated]:
    """Every key of the rc file, and what is wrong with the places it names."""
    reader = RcReader(settings.rc_file if settings else None)
    files = [file for file in reader.files() if file.exists()]
    where = ", ".join(str(file.absolute()) for file in files) or "no rc file"
    items = list(_choice(settings, files))
    try:
        parser, rc = reader.parse(reader.files()), reader.read()
    except Unreadable as fault:
        return [*items, _item(Verdict.UNREADABLE, "rc file", where, message=f"It {fault.sentence}.")]
    items += _keys(parser, where)
    items += _places(rc, where)
    items += _database(rc, where, files)
    items += _preferences(rc, where)
    items += [_client(entry, where) for entry in rc.authorized_clients]
    return items


def _choice(settings: ExperimentsSettings | None, files: list[Path]) -> Iterator[Migrated]:
    """Which file it is, and who can change it."""
    named = settings.rc_file if settings else None
    if named and named.expanduser() not in files:
        message = f"The file {named} does not exist, so another one is looked for, as Autosubmit API does."
        yield _item(Verdict.DECIDE, "AUTOSUBMIT_CONFIGURATION", str(named), message=message)
    if not files:
        message = "No rc file was found: every place is at its default. Name one in AUTOSUBMIT_CONFIGURATION."
        yield _item(Verdict.DECIDE, "rc file", "no rc file", message=message)
    for file in files:
        if not file.is_absolute():
            message = "It is looked for in the working folder of the service, and another folder has another."
            yield _item(Verdict.DIFFERS, "rc file", str(file.absolute()), message=message)
        if file.stat().st_mode & 0o002:
            message = f"Every account can write it, and so choose what is served: chmod o-w {file}"
            yield _item(Verdict.UNSAFE, "rc file", str(file.absolute()), message=message)


def _keys(parser: ConfigParser, where: str) -> Iterator[Migrated]:
    """What is written in it."""
    known = {place: name for name, place in KEYS.items()}
    for section in parser.sections():
        for key, raw in parser.items(section, raw=True):
            name = f"[{section}] {key}"
            if (section, key) in _ALSO:
                continue
            field = known.get((section, key))
            if field in _PLACES:
                yield _item(Verdict.USED, name, where, value=mask_urls(raw))
            elif field == "graph":
                message = "Layouts of graphs are computed when they are asked for; Mestral writes none there."
                yield _item(Verdict.IGNORED, name, where, value=raw, message=message)
            else:
                message = _NOT_YET if field else "Autosubmit API does not read it either."
                yield _item(Verdict.IGNORED, name, where, message=message)


def _places(rc: RcFile, where: str) -> Iterator[Migrated]:
    """Whether this account can read what the keys name, or what is the default without them."""
    folders = {"[local] path": rc.local_root, "[historicdb] path": rc.job_data}
    for name, folder in folders.items():
        if not os.access(folder, os.R_OK | os.X_OK):
            message = f"This account cannot read the folder {folder}, or it is not there."
            yield _item(Verdict.DECIDE, name, where, message=message)
    if not rc.postgres and not os.access(rc.main_database, os.R_OK):
        message = f"This account cannot read the file {rc.main_database}, or it is not there."
        yield _item(Verdict.DECIDE, "[database] filename", where, message=message)


def _database(rc: RcFile, where: str, files: list[Path]) -> Iterator[Migrated]:
    """SQLite or PostgreSQL, and the password of the latter."""
    if rc.postgres and find_spec("psycopg") is None:
        message = "The driver of PostgreSQL is missing: pip install 'mestral[postgres]'."
        yield _item(Verdict.DECIDE, "[database] backend", where, value="postgres", message=message)
    else:
        yield _item(Verdict.USED, "[database] backend", where, value="postgres" if rc.postgres else "sqlite")
    shown = mask_urls(rc.connection_url)
    if shown != rc.connection_url and any(file.stat().st_mode & 0o004 for file in files):
        message = "Every account can read the password in it: take the right to read the rc file from others."
        yield _item(Verdict.UNSAFE, "[database] connection_url", where, value=shown, message=message)
    elif rc.connection_url:
        message = "" if rc.postgres else "It is used with backend = postgres only."
        verdict = Verdict.USED if rc.postgres else Verdict.IGNORED
        yield _item(verdict, "[database] connection_url", where, value=shown, message=message)


def _preferences(rc: RcFile, where: str) -> Iterator[Migrated]:
    """The user names that Autosubmit API keeps, which Mestral takes over when it is told to."""
    file = rc.main_database.parent / _PREFERENCES
    if rc.postgres:
        source, where_kept = "URL", "the table user_preferences of that database"
    elif file.exists():
        source, where_kept = str(file), str(file)
    else:
        return
    message = (
        f"Preferred user names are in {where_kept}, and are not read there: `mestral db import-preferences "
        f"{source}` takes them over, once."
    )
    yield _item(Verdict.DIFFERS, "preferred user names", where, message=message)


def _client(entry: str, where: str) -> Migrated:
    """An entry that Autosubmit API looks for anywhere in the address that a login returns to."""
    name = "[clients] authorized"
    if entry == "*":
        message = (
            "Every page may have its visitors logged in and take the ticket: name the addresses of the GUI."
        )
        return _item(Verdict.UNSAFE, name, where, value=entry, message=message)
    inside = f"Autosubmit API accepts every address that contains it, as https://evil.example/?{entry} does."
    scheme, _, rest = entry.partition("://")
    if scheme not in ("http", "https") or not rest.partition("/")[0]:
        message = (
            f"{inside} It is no address, and allows nothing in Mestral: write that of the GUI, with https://."
        )
        return _item(Verdict.UNSAFE, name, where, value=entry, message=message)
    if scheme == "http":
        message = f"{inside} Without https anybody on the way can take the ticket."
        return _item(Verdict.UNSAFE, name, where, value=entry, message=message)
    message = f"{inside} Mestral's logins compare scheme, host, port and path."
    return _item(Verdict.DIFFERS, name, where, value=entry, message=message)


def _item(verdict: Verdict, name: str, where: str, *, value: str = "", message: str = "") -> Migrated:
    return Migrated(verdict=verdict, name=name, where=where, value=value, message=message)
