"""How commands print: JSON, columns and paragraphs.

Guarantees: the same look for every command; nothing here decides what is said.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import click
import msgspec

_WIDTH = 110


def print_json(value: Any) -> None:
    """A value that msgspec can encode, for programs and readable for people."""
    click.echo(msgspec.json.format(msgspec.json.encode(value), indent=2).decode())


def columns(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Rows of equal length as lines, their cells below each other."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        yield "  ".join(f"{cell:{width}}" for cell, width in zip(row, widths, strict=True)).rstrip()


def paragraph(text: str, indent: int) -> str:
    """Text wrapped and indented by so many blanks."""
    margin = " " * indent
    return click.wrap_text(text, width=_WIDTH, initial_indent=margin, subsequent_indent=margin)
