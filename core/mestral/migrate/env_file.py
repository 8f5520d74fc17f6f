"""Files of environment variables: `EnvironmentFile=` of systemd and `--env-file` of Docker.

Guarantees: a line that one of them would not take, or both would take differently, is reported by its number;
nothing is expanded or executed. (systemd.exec(5), EnvironmentFile=; Docker run reference, --env-file.)
"""

import os
import re
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec

from mestral.contributions import Migrated, Verdict

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_EXPORT = re.compile(r"export\s+([A-Za-z_][A-Za-z0-9_]*)")
_ESCAPED = re.compile(r'\\(["\\$`\n])')


class EnvFile(msgspec.Struct, frozen=True, kw_only=True):
    """What a file says.

    Attributes:
        variables: Name and value.
        items: What is worth knowing about the file itself; `unreadable` when it cannot be read.
    """

    variables: dict[str, str]
    items: tuple[Migrated, ...]


def read_env_file(path: Path, inherited: Mapping[str, str]) -> EnvFile:
    """Read one file.

    Args:
        path: The file; `-` is standard input, for a file that only root may read.
        inherited: Where a name without a value is taken from, as Docker does.
    """
    stdin = str(path) == "-"
    place = "standard input" if stdin else str(path)
    try:
        with open(0 if stdin else path, "rb", closefd=not stdin) as file:
            text = file.read().decode()
            mode = os.fstat(file.fileno()).st_mode
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
        message = f"The file cannot be read: {reason}. Name one that this account may read."
        item = Migrated(verdict=Verdict.UNREADABLE, name=place, where=place, message=message)
        return EnvFile(variables={}, items=(item,))
    variables: dict[str, str] = {}
    items = []
    for number, line in _lines(text):
        name, equals, raw = line.partition("=")
        name = name.strip()
        where = f"{place}, line {number}"
        if equals and (exported := _EXPORT.fullmatch(name)):
            name = exported[1]
            message = "`export` is for shells: systemd skips the line, Docker refuses the file. Take it out."
            items.append(Migrated(verdict=Verdict.DIFFERS, name=name, where=where, message=message))
        if not _NAME.fullmatch(name):
            message = "This is no NAME=VALUE: systemd skips the line, Docker refuses the file."
            items.append(Migrated(verdict=Verdict.IGNORED, name="line", where=where, message=message))
        elif equals:
            variables[name], quoted = _value(raw)
            if quoted:
                message = "The quotes are taken off, as systemd does. Docker makes them part of the value."
                items.append(Migrated(verdict=Verdict.DIFFERS, name=name, where=where, message=message))
        elif name in inherited:
            variables[name] = inherited[name]
    if (
        stat.S_ISREG(mode)
        and mode & 0o004
        and any(word in name for name in variables for word in ("SECRET", "TOKEN", "PASSWORD"))
    ):
        message = f"Every account can read the secrets in this file: chmod 600 {'FILE' if stdin else path}"
        items.append(Migrated(verdict=Verdict.UNSAFE, name=place, where=place, message=message))
    return EnvFile(variables=variables, items=tuple(items))


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """Lines that are not empty and no comments, those continued by a backslash joined."""
    start, whole = 0, ""
    for number, line in enumerate(text.splitlines(), 1):
        start = start if whole else number
        if not whole and (not line.strip() or line.lstrip()[0] in "#;"):
            continue
        if line.endswith("\\") and not line.endswith("\\\\"):
            whole += line[:-1]
            continue
        yield start, whole + line
        whole = ""
    if whole:
        yield start, whole


def _value(raw: str) -> tuple[str, bool]:
    """The value as systemd understands it, and whether quotes were taken off."""
    text = raw.strip()
    if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'":
        inner = text[1:-1]
        return (_ESCAPED.sub(r"\1", inner) if text[0] == '"' else inner), True
    return text, False
