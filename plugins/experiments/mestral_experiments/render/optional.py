"""Parts of an answer that may be missing: what cannot be read leaves its place empty and harms nothing else.

Guarantees: an answer that lacks something which may be readable next time (a lock) is not kept.
"""

from collections.abc import Callable
from typing import TypeVar

from mestral import Problem
from mestral.readers import Answer, Fingerprint

T = TypeVar("T")

UNPROVEN = Fingerprint(taken_ns=1)
"""Goes with an answer that lacks what could not be read just now: it is never settled, so it is not kept."""


class OptionalParts:
    """The optional parts of one answer.

    Attributes:
        problems: What could not be read, in the order of the questions.
        depends: Files that took part and could not be known before.
    """

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self.depends = Fingerprint()

    @property
    def complete(self) -> bool:
        """False when something could not be read just now, which may pass."""
        return all("Retry-After" not in problem.headers for problem in self.problems)

    def read(self, ask: Callable[[], T | None]) -> T | None:
        """What is there, None when it cannot be read; the source logged why."""
        try:
            return ask()
        except Problem as problem:
            self.problems.append(problem)
            return None

    def read_files(self, ask: Callable[[], tuple[T | None, Fingerprint]]) -> T | None:
        """The same of files that are not known before, whose fingerprint comes along."""
        found, fingerprint = self.read(ask) or (None, UNPROVEN)  # of a failure the files are not known
        self.depends += fingerprint
        return found

    @property
    def fingerprint(self) -> Fingerprint:
        """Of the files that took part, never settled while something could not be read just now."""
        return self.depends if self.complete else self.depends + UNPROVEN

    def answer(self, body: bytes) -> Answer:
        """The finished answer."""
        return Answer(body=body, depends=self.fingerprint)
