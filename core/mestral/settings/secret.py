"""Secrets as a type: what is secret cannot be printed by accident.

Guarantees: `str`, `repr`, formatting and JSON of a `Secret` show `********`; only `reveal()` gives the text.
"""

import hmac
import re


class Secret:
    """A text that is masked in every output."""

    __slots__ = ("_text",)

    MASK = "********"

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The text itself."""
        return self._text

    def matches(self, other: str) -> bool:
        """Whether `other` is the same text, compared in constant time."""
        return hmac.compare_digest(self._text.encode(), other.encode())

    def __bool__(self) -> bool:
        return bool(self._text)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self.matches(other._text)

    def __hash__(self) -> int:
        return hash(self._text)

    def __repr__(self) -> str:
        return self.MASK

    def __reduce__(self) -> tuple[type["Secret"], tuple[str]]:
        return Secret, (self._text,)


def mask_urls(text: str) -> str:
    """The text with passwords in URLs masked (`postgresql://user:password@host`).

    A password may hold `/` and `@`, as people write them: what stands before the last `@` of the word is
    masked. Linear in the length of the text, whoever wrote it.
    """
    return re.sub(r"\S+", _mask_word, text) if "://" in text else text


def _mask_word(word: re.Match[str]) -> str:
    before, at, after = word[0].rpartition("@")
    start = re.search(r"://[^/:@]*:", before)
    return f"{before[: start.end()]}{Secret.MASK}{at}{after}" if start else word[0]
