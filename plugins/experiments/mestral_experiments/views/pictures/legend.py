"""The head of a picture: what it is, and what its colours and shapes mean.

Guarantees: nothing overlaps, however many entries there are; entries are as wide as their words need.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from mestral_experiments.views.pictures.svg import width_of, words

MARGIN = 24
"""Around everything, in pixels."""

_WIDEST, _NARROWEST = 1100, 520
_LINE, _SYMBOL, _APART = 22, 18, 16
_TEXT, _TITLE = 12, 17

Entry = tuple[str, str]
"""The drawing of a symbol around (0, 0), at most 14 wide, and the words beside it."""


class Head(NamedTuple):
    """What stands above a picture, how wide it is with its margins, and the y where it ends."""

    drawn: Sequence[str]
    width: int
    height: int


def head(title: str, about: str, groups: Iterable[Sequence[Entry]], width: float) -> Head:
    """The head.

    Args:
        title: In large letters.
        about: A line below it.
        groups: Each begins a line; empty ones do not.
        width: Of the picture below, which it may exceed.
    """
    room = min(max(width, _NARROWEST), _WIDEST)
    drawn = [words(MARGIN, 34, title, "big"), words(MARGIN, 56, about, "soft")]
    widest = max(width_of(title, _TITLE, bold=True), width_of(about, _TEXT))
    y = 60
    for entries in filter(None, groups):
        x, y = 0.0, y + _LINE
        for symbol, text in entries:
            needed = _SYMBOL + width_of(text, _TEXT)
            if x and x + needed > room:
                x, y = 0.0, y + _LINE
            drawn.append(f'<g transform="translate({MARGIN + x + 6:.0f} {y})">{symbol}</g>')
            drawn.append(words(MARGIN + x + _SYMBOL, y + 4, text))
            widest = max(widest, x + needed)
            x += needed + _APART
    return Head(drawn, round(widest) + 2 * MARGIN, y + _LINE)
