"""Rules for core's settings that no type can hold: what `mestral serve` would refuse or what could not work.

Guarantees: a refused value is replaced by its default, so that checking goes on; nothing is written and no
socket is opened.
"""

import ipaddress
import os
import socket
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from mestral.auth.identity import ACCOUNT, PERSON
from mestral.settings.access import AuthSettings, DatabaseSettings
from mestral.settings.convert import Converter
from mestral.settings.hosts import AllowedHosts
from mestral.settings.model import (
    Finding,
    HttpSettings,
    PluginsSettings,
    ReaderSettings,
    ServerSettings,
    Settings,
)

_MOST_UDS_BYTES = 107  # unix(7): sun_path has 108, the last one is 0
_DEFAULT_PORTS = {"http": 80, "https": 443}

Origins = Mapping[str, str]


def check_server(server: ServerSettings, converter: Converter, origins: Origins) -> ServerSettings:
    """By which name the server is reached, and whom it believes."""
    refused = {
        "public_url": _public_url_problem(server),
        "forwarded_allow_ips": _proxies_problem(server.forwarded_allow_ips),
    }
    for name, message in refused.items():
        if message:
            key = f"server.{name}"
            converter.refuse(origins[key], key, message)
            default = getattr(ServerSettings(), name)
            server = msgspec.structs.replace(server, **{name: default})
    return server


def check_http(http: HttpSettings, converter: Converter, origins: Origins) -> HttpSettings:
    """Browsers send origins in one spelling, and another is never equal (RFC 6454 6.2); `*` alone is any."""
    if http.cors_origins == ("*",):
        return msgspec.structs.replace(http, cors_origins=())
    problems = [problem for entry in http.cors_origins if (problem := _origin_problem(entry))]
    for problem in problems:
        converter.refuse(origins["http.cors_origins"], "http.cors_origins", problem)
    return msgspec.structs.replace(http, cors_origins=()) if problems else http


def check_people(auth: AuthSettings, converter: Converter, origins: Origins) -> AuthSettings:
    """Who is whom, and who may: what can be nobody would silently be nobody."""
    for name, problem in _people_problems(auth):
        converter.refuse(origins[f"auth.{name}"], f"auth.{name}", f"auth.{name}: {problem}")
        auth = msgspec.structs.replace(auth, **{name: getattr(AuthSettings(), name)})
    return auth


def _people_problems(auth: AuthSettings) -> Iterator[tuple[str, str]]:
    for key, account in auth.accounts.items():
        if not PERSON.fullmatch(key):
            yield (
                "accounts",
                f"{key!r} must be provider:subject, such as github:583231. Mend it, or take it out.",
            )
        if not ACCOUNT.fullmatch(account):
            yield "accounts", f"{account!r} ({key}) must be an account of this site, such as alice. Mend it."
    for entry in auth.admins:
        if not (ACCOUNT.fullmatch(entry) or PERSON.fullmatch(entry)):
            yield (
                "admins",
                f"{entry!r} must be an account of this site, such as alice, provider:subject or group:NAME. "
                "Mend it, or take it out.",
            )
    for number, rule in enumerate(auth.rules, 1):
        if rule.user and not (rule.provider or ACCOUNT.fullmatch(rule.user) or PERSON.fullmatch(rule.user)):
            yield (
                "rules",
                f"entry {number}: user {rule.user!r} must be an account of this site, such as alice, or "
                "provider:subject. For a user name at a login, name that login as provider beside it.",
            )


def check_database(database: DatabaseSettings, converter: Converter, origins: Origins) -> DatabaseSettings:
    """Whether it can be an address of PostgreSQL; whether somebody answers there is seen when it is used."""
    problem = _database_problem(database.url.reveal()) if database.url else ""
    if not problem:
        return database
    converter.refuse(origins["database.url"], "database.url", problem)
    return DatabaseSettings()


def check_times_and_sizes(
    server: ServerSettings, readers: ReaderSettings, converter: Converter, origins: Origins
) -> None:
    """Limits that make each other void."""
    if server.request_seconds <= readers.time_seconds:
        _warn(
            converter,
            origins,
            ("server.request_seconds", "readers.time_seconds"),
            f"server.request_seconds is {server.request_seconds:g}, and a rendering may take "
            f"readers.time_seconds, {readers.time_seconds:g}: a request is given up while its reader works "
            "on. Make server.request_seconds the larger one.",
        )
    if readers.recycle_bytes > readers.memory_bytes:
        _warn(
            converter,
            origins,
            ("readers.recycle_bytes", "readers.memory_bytes"),
            f"readers.recycle_bytes is {readers.recycle_bytes}, and a reader may never have more than "
            f"readers.memory_bytes, {readers.memory_bytes}: none is ever renewed. "
            "Make readers.recycle_bytes the smaller one.",
        )


def check_only(plugins: PluginsSettings, converter: Converter, origins: Origins) -> None:
    """An empty list is not the same as none."""
    if plugins.only == ():
        message = (
            "plugins.only is [], so no plugin is used and nothing is served. Name some, or leave it out."
        )
        _warn(converter, origins, ("plugins.only",), message)


def listening_problem(settings: Settings) -> Finding | None:
    """Why nobody can listen where the settings say.

    Not asked when settings are loaded: a service manager may make the folder, or pass a socket instead.
    The name of `server.host` is looked up.
    """
    server = settings.server
    key = "server.host" if server.uds is None else "server.uds"
    message = _host_problem(server) if server.uds is None else _uds_problem(server.uds)
    where = settings.origins.get(key, f"default of {key}")
    return Finding(level="error", where=where, key=key, message=message) if message else None


def _uds_problem(path: Path) -> str:
    size = len(os.fsencode(path))
    if size > _MOST_UDS_BYTES:
        return (
            f"cannot listen on {path}: the path is too long, {size} bytes, and a socket's may have at most "
            f"{_MOST_UDS_BYTES}. Choose a shorter one, such as /run/mestral/mestral.sock."
        )
    if not os.path.isdir(path.parent):  # noqa: PTH112 - Path.is_dir raises where a folder may not be entered
        return (
            f"cannot listen on {path}: there is no folder {path.parent}. Make it (RuntimeDirectory= of "
            "systemd makes one below /run), or choose another path."
        )
    return ""


def _host_problem(server: ServerSettings) -> str:
    try:
        socket.getaddrinfo(server.host or None, server.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (socket.gaierror, UnicodeError) as error:
        return (
            f"cannot listen there: the host {server.host!r} has no address ({error}). Set server.host to an "
            "address of this machine, such as 127.0.0.1 or ::1, or to a name of one; no port, no brackets."
        )
    return ""


def _public_url_problem(server: ServerSettings) -> str:
    if server.public_url is None:
        return ""
    host = urlsplit(server.public_url).netloc.rpartition("@")[2]
    if AllowedHosts(server.allowed_hosts).allow(host):
        return ""
    name = host if host.endswith("]") else host.rpartition(":")[0] or host
    return (
        f"{server.public_url} names the host {name!r}, which server.allowed_hosts "
        f"({', '.join(server.allowed_hosts)}) does not allow: every request by it would be answered 400. "
        f'Add "{name}" to server.allowed_hosts.'
    )


def _database_problem(url: str) -> str:
    """Nothing of the URL is repeated: where a password begins is not certain in a wrong one."""
    form = (
        "It must look like postgresql://user:password@host:5432/database, with @ : / % in the password as "
        "%40 %3A %2F %25; or leave it out: then it is the file mestral.db in state_dir."
    )
    try:
        parts = urlsplit(url)
        right = parts.scheme.partition("+")[0] in ("postgresql", "postgres") and parts.port != 0
    except ValueError:
        right = False
    if not right:
        return f"this is no address of a PostgreSQL database. {form}"
    if "@" in parts.netloc.rpartition("@")[0] or "@" in parts.path or parts.fragment:
        return f"the password in this address is not encoded. {form}"
    if not parts.path.strip("/"):
        return f"this address names no database. {form}"
    if find_spec("psycopg") is None:
        return "the driver of PostgreSQL is missing. Run: pip install 'mestral[postgres]'"
    return ""


def _proxies_problem(text: str) -> str:
    if text.strip() == "*":
        return ""
    for entry in filter(None, map(str.strip, text.split(","))):
        try:
            ipaddress.ip_network(entry)
        except ValueError:
            return (
                f"server.forwarded_allow_ips: {entry!r} must be an address such as 10.0.0.1 or a network "
                f"such as 10.0.0.0/8, or * must stand alone.{_network_meant(entry)} Name the proxies by "
                "their addresses, or leave it out: then it is 127.0.0.1."
            )
    return ""


def _network_meant(entry: str) -> str:
    try:
        return f" Did you mean {ipaddress.ip_network(entry, strict=False)}?"
    except ValueError:
        return ""


def _origin_problem(entry: str) -> str:
    right = _spelled_right(entry)
    if right == entry:
        return ""
    meant = f" Did you mean {right}?" if right else ""
    return (
        f"{entry!r} must be an origin as browsers send it: scheme://host or scheme://host:port in small "
        f"letters, without a path or a slash at its end; or * alone.{meant} Write it so, or take it out."
    )


def _spelled_right(entry: str) -> str:
    """The origin that was meant, as browsers send it; empty when none can be told."""
    text = entry.strip()
    try:
        parts = urlsplit(text if "://" in text else f"https://{text}")
        host, port = parts.hostname, parts.port
    except ValueError:
        return ""
    if not host or "*" in host or any(letter.isspace() for letter in host):
        return ""
    scheme = parts.scheme.lower()
    shown = f"[{host}]" if ":" in host else host
    return f"{scheme}://{shown}" + (f":{port}" if port not in (None, _DEFAULT_PORTS.get(scheme)) else "")


def _warn(converter: Converter, origins: Origins, keys: tuple[str, ...], message: str) -> None:
    """Warn at the first of the keys that was written."""
    key = next((key for key in keys if key in origins), keys[0])
    where = origins.get(key, f"default of {key}")
    converter.findings.append(Finding(level="warning", where=where, key=key, message=message))
