"""Who is asking: one type for every login and token."""

import re
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from mestral.settings.access import AuthSettings

ACCOUNT = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.@-]{0,255}")
"""What may be an account: never `provider:subject`, or one could pass for the other."""

PERSON = re.compile(r"[a-z][a-z0-9-]*:.+")
"""`provider:subject`."""
LEGACY = "legacy"
"""Provider of those whom a token of Autosubmit API names."""

LOCAL = "local"
"""Provider of those whom the administrator alone names: `mestral tokens create` without a login."""

STATIC_PROVIDERS = ("secret-token", "route-token")
"""Those of tokens that stand in the settings and are nobody's own."""

RESERVED_PROVIDERS = (LEGACY, LOCAL, *STATIC_PROVIDERS)
"""No login may have one of these ids."""


class Identity(msgspec.Struct, frozen=True, kw_only=True):
    """A person or program that presented a valid token.

    Subjects of different providers are different people, whatever their names (contract/AUTH.md B8).

    Attributes:
        provider: Id of the login that vouched for it: `cas`, `github`; or one of `RESERVED_PROVIDERS`.
        subject: Stable id within the provider.
        username: Name to show; what `verify-token` answers as `user`.
        number: The user id of a token of Autosubmit API that holds a number; `verify-token` echoes it as one.
        groups: Groups that the login told.
        account: Account of this site that this is (`auth.accounts`, `auth.account_logins`); empty when it is
            not known to be one. Owners of experiments are accounts.
        scopes: What the token may be used for: `read`, `operate`.
        token: Id of the token that was presented; empty for static ones.
        personal: Whether that is a personal token.
        expires: When that token does, in seconds since 1970 (UTC); 0: never.
    """

    provider: str
    subject: str
    username: str
    number: int | float | None = None
    groups: tuple[str, ...] = ()
    account: str = ""
    scopes: tuple[str, ...] = ("read", "operate")
    token: str = ""
    personal: bool = False
    expires: int = 0

    @property
    def id(self) -> str:
        """`provider:subject`, unique over all providers."""
        return f"{self.provider}:{self.subject}"

    @property
    def person(self) -> str:
        """Under which name the server keeps what is this person's: the account, else `provider:subject`."""
        return self.account or self.id


def account_of(settings: "AuthSettings", provider: str, subject: str, username: str) -> str:
    """Which account of this site somebody is; empty when they are not known to be one."""
    named = settings.accounts.get(f"{provider}:{subject}")
    if named is not None:
        return named
    known = provider in settings.account_logins and ACCOUNT.fullmatch(username)
    return username if known else ""
