"""Variables of Autosubmit API that are accepted and not read (contract/CONFIG.md 2) or mistyped, and what to
say of each.

Those that are read belong to the setting they set: `Meta(extra={"env": NAME})`. A variable leaves this list
when the plugin it concerns reads it.
"""

from collections.abc import Collection, Mapping
from difflib import SequenceMatcher

from mestral.settings.model import Finding

_LONG, _FAR, _ALIKE = 8, 2, 0.9
"""Shorter names are too much alike; letters that may be too many or missing; least similarity."""

_LATER = {
    "AS_API_CONFIG_FILE": "runner profiles and the intervals of periodic tasks",
    "DISABLE_BACKGROUND_TASKS": "periodic tasks",
    "RUN_BACKGROUND_TASKS_ON_START": "periodic tasks",
}


def unread_variables(environ: Mapping[str, str]) -> list[Finding]:
    """A finding for each of them that is set."""
    findings = [
        _finding("note", name, f"is accepted and does nothing yet: no plugin offers {what} yet.")
        for name, what in _LATER.items()
        if environ.get(name)
    ]
    if environ.get("WEB_CONCURRENCY"):
        findings.append(_finding("note", "WEB_CONCURRENCY", "is not read. Set readers.count instead."))
    if environ.get("JWT_SECRET"):
        findings.append(
            _finding(
                "warning",
                "JWT_SECRET",
                "is not read, neither here nor by Autosubmit API, whose container image sets it. Tokens are "
                "signed with SECRET_KEY (auth.secret_key): set that.",
            )
        )
    return findings


def mistyped_variables(environ: Mapping[str, str], known: Collection[str]) -> list[Finding]:
    """A warning for each variable that looks like a mistyped one of Autosubmit API.

    The environment is full of variables of others, so only what is nearly equal counts, and only as long as
    the right one is not set.

    Args:
        environ: The environment.
        known: Every variable that is read.
    """
    every = {*known, *_LATER}
    absent = sorted(name for name in every if len(name) >= _LONG and not environ.get(name))
    findings = []
    for name in sorted(set(environ) - every):
        meant = next((one for one in absent if _nearly(name, one)), None)
        if meant is not None:
            findings.append(_finding("warning", name, f"is not read. Did you mean {meant}?"))
    return findings


def _nearly(name: str, known: str) -> bool:
    if name[:1] != known[:1] or len(name) < _LONG:
        return False
    if known.startswith(name) and len(name) >= 2 * _LONG:
        return True
    return abs(len(name) - len(known)) <= _FAR and SequenceMatcher(None, name, known).ratio() >= _ALIKE


def _finding(level: str, name: str, message: str) -> Finding:
    where = f"environment variable {name}"
    return Finding(level="note" if level == "note" else "warning", where=where, key=name, message=message)
