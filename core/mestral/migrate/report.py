"""What `mestral migrate check` found, and the exit code that says it to scripts."""

import msgspec

from mestral.contributions import Migrated, Verdict

_ORDER = list(Verdict)


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """The outcome.

    Attributes:
        account: Name of the account that looked: what it cannot read, a service of that account cannot.
        items: Everything found, the worst verdicts first.
        toml: The equivalent mestral.toml, secrets left out.
    """

    account: str
    items: tuple[Migrated, ...]
    toml: str

    @property
    def exit_code(self) -> int:
        """0: all is well; 1: something is unsafe or has to be decided; 2: something cannot be read."""
        verdicts = {item.verdict for item in self.items}
        if Verdict.UNREADABLE in verdicts:
            return 2
        return 1 if verdicts & {Verdict.UNSAFE, Verdict.DECIDE} else 0


def worst_first(items: list[Migrated]) -> tuple[Migrated, ...]:
    """In the order of the verdicts; within one, as they were found."""
    return tuple(sorted(items, key=lambda item: _ORDER.index(item.verdict)))
