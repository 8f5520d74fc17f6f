"""The variables of Autosubmit API: which setting each one sets here, and what is to be said of it.

Guarantees: every variable that is set and that a setting names is reported once; the names come from the
settings themselves. Secrets are masked.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from mestral.contributions import Migrated, Verdict
from mestral.plugins import PluginRecord
from mestral.settings import Finding, Secret, Settings
from mestral.settings.autosubmit_api import mistyped_variables, unread_variables
from mestral.settings.describe import DEFAULT, Row
from mestral.settings.kinds import is_secret, kind_of
from mestral.settings.nearest import did_you_mean
from mestral.settings.secret import mask_urls
from mestral.settings.sources import SECTIONS

WHERE = "environment"

_OURS = re.compile(r"(AS_API|CAS|GITHUB_OAUTH|OIDC)_[A-Z_]+")
"""Names that could only be meant for Autosubmit API."""

_USERINFO = re.compile(r"://[^/\s@]*@")


class Mapped(NamedTuple):
    """A variable that a setting names."""

    variable: str
    key: str
    hint: Any
    plugin: str | None


def mapped_variables(records: Iterable[PluginRecord]) -> Iterator[Mapped]:
    """Every variable that sets something, with the dotted key of the setting; secrets have `_FILE` too."""
    tables: list[tuple[str, type[msgspec.Struct], str | None]] = [
        (name, struct, None) for name, struct in SECTIONS.items()
    ]
    tables += [
        (f"plugins.{record.name}", record.manifest.settings, record.name)
        for record in records
        if record.manifest and record.manifest.settings
    ]
    for table, struct, plugin in tables:
        for field in msgspec.structs.fields(struct):
            if variable := kind_of(field.type).variable:
                key = f"{table}.{field.encode_name}"
                yield Mapped(variable, key, field.type, plugin)
                if is_secret(field.type):
                    yield Mapped(f"{variable}_FILE", key, field.type, plugin)


def of_variables(
    settings: Settings,
    records: Sequence[PluginRecord],
    rows: Mapping[str, Row],
    findings: Sequence[Finding],
) -> list[Migrated]:
    """What becomes of every variable that is set, and of those whose absence matters."""
    environ = settings.environ
    known = list(mapped_variables(records))
    items = [
        _one(one, environ[one.variable], rows.get(one.key), findings)
        for one in known
        if environ.get(one.variable)
    ]
    items += _secret_key(settings, rows)
    items += _unread(environ)
    names = {one.variable for one in known}
    items += _unknown(environ, names)
    return [_judge(item, settings) for item in items]


def _one(one: Mapped, text: str, row: Row | None, findings: Sequence[Finding]) -> Migrated:
    """One that a setting names."""
    file = one.variable.endswith("_FILE")
    item = Migrated(
        verdict=Verdict.USED,
        name=one.variable,
        where=WHERE,
        value=Secret.MASK if is_secret(one.hint) and not file else mask_urls(text),
        setting=f"{one.key}_file" if file else one.key,
    )
    place = f"environment variable {one.variable}"
    about = [f for f in findings if f.where.split(" (")[0] == place]
    if errors := [f.message for f in about if f.level == "error"]:
        return msgspec.structs.replace(
            item, verdict=Verdict.DECIDE, message=f"Mestral refuses it: {' '.join(errors)}"
        )
    if warnings := [f.message for f in about if f.level == "warning"]:
        return msgspec.structs.replace(item, verdict=Verdict.UNSAFE, message=" ".join(warnings))
    if _USERINFO.search(text) and not is_secret(one.hint):
        message = "The address holds a name or password, which logs and error messages repeat: take it out."
        return msgspec.structs.replace(item, verdict=Verdict.UNSAFE, message=message)
    if row is not None and row.origin != DEFAULT and row.origin.split(" (")[0] != place:
        message = f"{row.origin} sets {one.key}, and that comes first."
        return msgspec.structs.replace(item, verdict=Verdict.IGNORED, message=message)
    return item


def _judge(item: Migrated, settings: Settings) -> Migrated:
    """The same item with what Mestral does otherwise, or what is dangerous about the value."""
    verdict, message = item.verdict, item.message
    public = not settings.server.uds and settings.server.host not in ("127.0.0.1", "::1", "localhost")
    match item.setting, item.verdict:
        case "auth.secret_key" | "auth.secret_key_file", Verdict.DECIDE:
            verdict = Verdict.UNSAFE
        case "auth.secret_key" | "auth.secret_key_file", Verdict.USED:
            message = (
                "Tokens that Autosubmit API issued stay valid; one without an end (exp) does not. To operate "
                'experiments with one needs legacy in auth.account_logins, or auth.operate = "authenticated".'
            )
        case "auth.secret_token", Verdict.USED:
            message = (
                "It may read. To operate experiments with it, name secret-token:User in auth.admins, or set "
                'auth.operate = "authenticated".'
            )
        case "auth.protection_level", Verdict.DECIDE:
            message += " Autosubmit API takes every other spelling for ALL."
        case "auth.protection_level", Verdict.USED if item.value == "WRITEONLY":
            verdict = Verdict.DIFFERS
            message = (
                "Autosubmit API protects nothing at this level. Mestral protects whatever changes "
                "something or runs a command: scripts that do so need a token."
            )
        case "auth.protection_level", Verdict.USED if item.value == "NONE":
            verdict = Verdict.UNSAFE if public else verdict
            reached = (
                f"It listens on {settings.server.host}: whoever reaches that"
                if public
                else "Whoever reaches its address, or the proxy in front of it,"
            )
            message = f"{reached} may read every experiment without a token."
        case "server.forwarded_allow_ips", Verdict.USED if public and "*" in item.value:
            verdict = Verdict.UNSAFE
            message = "Whoever connects may claim any address and scheme: name the proxies."
        case "server.root_path", Verdict.DECIDE:
            message += " With it Autosubmit API answers below no prefix at all."
        case "server.port", Verdict.USED if settings.server.host == "0.0.0.0":  # noqa: S104 - a comparison
            message = "With PORT alone it listens on every address, as before."
        case _:
            pass
    return msgspec.structs.replace(item, verdict=verdict, message=message)


def _secret_key(settings: Settings, rows: Mapping[str, Row]) -> list[Migrated]:
    """What it means that SECRET_KEY is not set."""
    if settings.environ.get("SECRET_KEY") or settings.environ.get("SECRET_KEY_FILE"):
        return []
    item = Migrated(verdict=Verdict.UNSAFE, name="SECRET_KEY", where=WHERE, setting="auth.secret_key")
    forged = "Autosubmit API then signs with a key published in its source: everybody can forge its tokens."
    place = rows["auth.secret_key"].origin if "auth.secret_key" in rows else DEFAULT
    if place != DEFAULT:
        return [
            msgspec.structs.replace(
                item,
                verdict=Verdict.DIFFERS,
                message=f"{forged} Mestral has a key from {place}: everybody logs in once more.",
            )
        ]
    return [
        msgspec.structs.replace(
            item,
            message=f"{forged} Mestral would make a key of its own in its state folder, and everybody logs "
            "in once more. Set one: python3 -c 'import secrets; print(secrets.token_urlsafe(48))'",
        )
    ]


def _unread(environ: Mapping[str, str]) -> Iterator[Migrated]:
    """Variables of Autosubmit API that Mestral accepts and does not read."""
    forged = not environ.get("SECRET_KEY") and not environ.get("SECRET_KEY_FILE")
    for finding in unread_variables(environ):
        wrong = finding.level == "warning" and forged
        yield Migrated(
            verdict=Verdict.UNSAFE if wrong else Verdict.IGNORED,
            name=finding.key,
            where=WHERE,
            value=Secret.MASK if "SECRET" in finding.key else mask_urls(environ[finding.key]),
            message=finding.message[:1].upper() + finding.message[1:],
        )
    if environ.get("GUNICORN_CMD_ARGS"):
        message = "Autosubmit API does not read it either. What its command line says, say to mestral serve."
        yield Migrated(verdict=Verdict.IGNORED, name="GUNICORN_CMD_ARGS", where=WHERE, message=message)
    for name in sorted(environ):
        if name.startswith("AS_ENV"):
            message = "Autosubmit API shows it in an answer; Mestral shows no variable to anybody."
            yield Migrated(verdict=Verdict.IGNORED, name=name, where=WHERE, message=message)
    if environ.get("TZ"):
        message = "Local times in answers are of this zone, with its summer time."
        yield Migrated(verdict=Verdict.USED, name="TZ", where=WHERE, value=environ["TZ"], message=message)


def _unknown(environ: Mapping[str, str], names: set[str]) -> Iterator[Migrated]:
    """Names that look like variables of Autosubmit API and are none."""
    unread = {finding.key for finding in unread_variables(environ)}
    mistyped = {finding.key for finding in mistyped_variables(environ, names)}
    for name in sorted(environ):
        if (_OURS.fullmatch(name) or name in mistyped) and name not in names | unread:
            message = f"Neither Autosubmit API nor Mestral reads it.{did_you_mean(name, names)}"
            yield Migrated(verdict=Verdict.IGNORED, name=name, where=WHERE, message=message)
