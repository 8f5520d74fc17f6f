"""Text filters of the search endpoints (contract/API_V4.md 3.1), equal on every database.

Guarantees: letters A to Z match their lower case and nothing else is folded, as LIKE does in SQLite; `%`
and `_` are ordinary characters; time is linear in the text whatever the pattern, for nothing here is a
regular expression.
"""

from collections.abc import Callable

_FOLD = {upper: upper + 32 for upper in range(ord("A"), ord("Z") + 1)}


def fold(text: str) -> str:
    """The text with A to Z in lower case; `É` stays as it is."""
    return text.lower() if text.isascii() else text.translate(_FOLD)


def wildcard(pattern: str) -> Callable[[str], bool]:
    """A test of a whole folded value: `*` is any run of characters, one leading `!` negates.

    Args:
        pattern: As the user typed it, not empty.
    """
    negated = pattern.startswith("!")
    parts = fold(pattern[1:] if negated else pattern).split("*")
    first, middle, last = parts[0], [part for part in parts[1:-1] if part], parts[-1]

    if len(parts) == 1:
        return lambda value: (value == first) is not negated

    def matches(value: str) -> bool:
        if len(value) < len(first) + len(last) or not value.startswith(first) or not value.endswith(last):
            return False
        position, end = len(first), len(value) - len(last)
        for part in middle:
            found = value.find(part, position, end)
            if found < 0:
                return False
            position = found + len(part)
        return True

    return lambda value: matches(value) is not negated
