"""Variables of Autosubmit API that are accepted and not read (contract/CONFIG.md 2), and what to say of each.

Those that are read belong to the setting they set: `Meta(extra={"env": NAME})`. A variable leaves this list
when the plugin it concerns reads it.
"""

from collections.abc import Mapping

from mestral.settings.model import Finding

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


def _finding(level: str, name: str, message: str) -> Finding:
    where = f"environment variable {name}"
    return Finding(level="note" if level == "note" else "warning", where=where, key=name, message=message)
