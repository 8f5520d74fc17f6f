"""Did-you-mean: the nearest known name to a mistyped one."""

from collections.abc import Iterable
from difflib import get_close_matches


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known name most like `word`, whatever its case; None when none is like it."""
    by_fold = {name.casefold(): name for name in known}
    found = get_close_matches(word.casefold(), by_fold, n=1, cutoff=0.6)
    return by_fold[found[0]] if found else None


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """` Did you mean NAME?`, or nothing: to be put behind a sentence."""
    name = nearest(word, known)
    return f" Did you mean {name}?" if name else ""
