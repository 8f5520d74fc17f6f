"""Who is asking: one type for every login and token."""

import msgspec


class Identity(msgspec.Struct, frozen=True, kw_only=True):
    """A person or program that presented a valid token.

    Subjects of different providers are different people, whatever their names (contract/AUTH.md B8).

    Attributes:
        provider: Id of the login that vouched for it: `cas`, `github`, `legacy` (a token of Autosubmit API),
            `secret-token`.
        subject: Stable id within the provider.
        username: Name to show; what `verify-token` answers as `user`.
        number: The user id of a token of Autosubmit API that holds a number; `verify-token` echoes it as one.
    """

    provider: str
    subject: str
    username: str
    number: int | float | None = None

    @property
    def id(self) -> str:
        """`provider:subject`, unique over all providers."""
        return f"{self.provider}:{self.subject}"
