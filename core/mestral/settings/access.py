"""The settings of who may use what: `[auth]`, `[audit]`, `[database]` (contract/AUTH.md, CONFIG.md 2).

Guarantees: as in `model`, whose tree they are part of.
"""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from mestral.settings.secret import Secret

ProtectionLevel = Literal["ALL", "WRITEONLY", "NONE"]


class AuthRule(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An entry of `[[auth.rules]]`: who may, or must not, operate which experiments.

    It holds where everything that it names fits.
    """

    effect: Annotated[
        Literal["allow", "deny"], Meta(description="A deny outweighs every allow, and being an admin.")
    ]
    provider: Annotated[
        str | None, Meta(min_length=1, description="Those who logged in by this login, such as github.")
    ] = None
    user: Annotated[
        str | None,
        Meta(
            min_length=1,
            description="An account of this site or provider:subject; beside provider, the user name there.",
        ),
    ] = None
    group: Annotated[
        str | None, Meta(min_length=1, description="Those whose login told that they are in this group.")
    ] = None
    expid: Annotated[
        str | None,
        Meta(
            pattern=r"^[A-Za-z0-9_*]+$",
            description="The experiments, by name; * is any run of characters: a0*.",
        ),
    ] = None

    def __post_init__(self) -> None:
        if not (self.provider or self.user or self.group or self.expid):
            raise ValueError(
                f"names nobody and no experiment, so it would {self.effect} everything to everybody. Give it "
                'provider, user, group or expid; expid = "*" stands for all.'
            )


class AuthSettings(msgspec.Struct, frozen=True, kw_only=True):
    """`[auth]`: who may use what, and the tokens Mestral issues.

    See contract/AUTH.md.
    """

    protection_level: Annotated[
        ProtectionLevel,
        Meta(
            description="ALL protects reading and operating, WRITEONLY operating, NONE neither.",
            extra={"env": "PROTECTION_LEVEL"},
        ),
    ] = "ALL"
    secret_key: Annotated[
        Secret | None,
        Meta(
            description="HMAC key of tokens, at least 32 bytes; generated into state_dir when absent.",
            extra={"env": "SECRET_KEY"},
        ),
    ] = None
    secret_token: Annotated[
        Secret | None,
        Meta(
            description="A bearer token that is accepted as it is, as user `User`; off when empty.",
            extra={"env": "AS_API_SECRET_TOKEN"},
        ),
    ] = None
    legacy_tokens: Annotated[
        bool, Meta(description="Accept tokens that Autosubmit API signed with the same secret key.")
    ] = True
    token_seconds: Annotated[int, Meta(ge=60, description="Lifetime of issued tokens in seconds.")] = 432_000
    old_secret_keys: Annotated[
        tuple[Secret, ...],
        Meta(description="Former keys: tokens that they signed are accepted, and none is signed by them."),
    ] = ()
    personal_token_days: Annotated[
        int, Meta(ge=1, le=366, description="Longest lifetime of personal tokens in days.")
    ] = 90
    logins: Annotated[
        tuple[str, ...],
        Meta(description="Ids of logins in the order in which they are offered; others follow."),
    ] = ()
    clients: Annotated[
        tuple[Annotated[str, Meta(pattern=r"^https?://[^/?#\\\s@]+(/[^?#\\\s]*)?$")], ...],
        Meta(
            description="Addresses of the pages that may have visitors logged in, such as "
            "https://gui.example.org/app/: scheme, host and port must be equal, and the path begin so."
        ),
    ] = ()
    legacy_gui_login: Annotated[
        bool,
        Meta(
            description="Accept the login calls of today's GUI, which bind no login to the browser that "
            "began it; without them a GUI must use /v4/auth/ID/start."
        ),
    ] = True
    accounts: Annotated[
        dict[str, str],
        Meta(
            description='Who is whom: "github:583231" = "alice" makes that subject of that login the account '
            "alice of this site, the same person as every other so named."
        ),
    ] = {}
    account_logins: Annotated[
        tuple[str, ...],
        Meta(description="Logins whose user names are the accounts of this site, owners of experiments."),
    ] = ("cas",)
    operate: Annotated[
        Literal["owner", "authenticated"],
        Meta(
            description="owner: only owners of experiments, admins and whom a rule allows may operate, at "
            "every protection level. authenticated: whoever has a token may, as in Autosubmit API, and at "
            "protection_level NONE everybody."
        ),
    ] = "owner"
    admins: Annotated[
        tuple[Annotated[str, Meta(min_length=1)], ...],
        Meta(
            description="Who may operate every experiment: accounts of this site, provider:subject, or "
            "group:NAME for whoever is in a group of that name."
        ),
    ] = ()
    rules: Annotated[
        tuple[AuthRule, ...],
        Meta(
            description="Further rules on who may operate what; each has an effect, allow or deny, and names "
            "at least one of provider, user, group and expid."
        ),
    ] = ()
    logins_per_minute: Annotated[
        int,
        Meta(
            ge=1,
            description="Logins that one client address (IPv6: one /64 network), and for one user name that "
            "logs in by password, may try in a minute; beyond it: 429.",
        ),
    ] = 30
    token_failures_per_minute: Annotated[
        int,
        Meta(
            ge=1,
            description="Requests with a token that is not valid that one client address may send in a "
            "minute; beyond it: 429. Those with a valid one are never refused for it.",
        ),
    ] = 60


class AuditSettings(msgspec.Struct, frozen=True, kw_only=True):
    """`[audit]`: how long it is kept who did what."""

    days: Annotated[
        int, Meta(ge=1, le=36500, description="Days after which an event is taken out of the audit log.")
    ] = 400


class DatabaseSettings(msgspec.Struct, frozen=True, kw_only=True):
    """`[database]`: where Mestral keeps what is its own: tokens, the audit log, preferences."""

    url: Annotated[
        Secret | None,
        Meta(
            description="postgresql://user:password@host/name, for several fronts or machines; absent: the "
            "file mestral.db in state_dir."
        ),
    ] = None
