"""The mestral.toml that says the same as the environment does.

Guarantees: it loads without an error; no secret is in it: where one was set, a comment says how to give it.
"""

from collections.abc import Iterable

from mestral.settings import Finding, Secret
from mestral.settings.describe import DEFAULT, Row
from mestral.settings.template import to_toml


def equivalent(rows: Iterable[Row], findings: Iterable[Finding]) -> str:
    """The text of the file.

    Args:
        rows: All settings; those at their default are left out.
        findings: What was refused is said in a comment, and its own line is one too.
    """
    top: list[str] = []
    tables: dict[str, list[str]] = {}
    errors = [finding for finding in findings if finding.level == "error"]
    for row in rows:
        if row.origin == DEFAULT:
            continue
        table, _, key = row.key.rpartition(".")
        wrong = any(error.key.removesuffix("_file") == row.key for error in errors)
        lines = [f"# {key} = ...  # refused: see above"] if wrong else _lines(key, row)
        tables.setdefault(table, []).extend(lines) if table else top.extend(lines)
    refused = sorted({f"# {error.key}: {error.message}" for error in errors})
    parts = [
        ["# Made by `mestral migrate check --toml` from the environment of Autosubmit API.", *refused, *top]
    ]
    parts += [[f"[{table}]", *lines] for table, lines in tables.items()]
    return "\n\n".join("\n".join(line.replace("\n", " ") for line in part) for part in parts) + "\n"


def _lines(key: str, row: Row) -> list[str]:
    if row.value is None:  # TOML has no such value
        return [f"# {key} is set to nothing by {row.origin}."]
    if Secret.MASK not in str(row.value):
        return [f"{key} = {to_toml(row.value)}"]
    file = row.origin.partition("_FILE (")[2].removesuffix(")")
    if file and row.value == Secret.MASK:
        return [f"{key}_file = {to_toml(file)}"]
    if row.value == Secret.MASK:
        return [
            f"# {key} stays in {row.origin}. Better in a file of mode 0600:",
            f'# {key}_file = "/etc/mestral/{key}"',
        ]
    return [f"# {key} holds a password and stays in {row.origin}."]
