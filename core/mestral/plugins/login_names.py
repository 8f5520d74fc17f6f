"""Names of logins in `[auth]` that no plugin has: what they were to do does not happen.

Guarantees: only warnings, because a plugin may come back.
"""

from collections.abc import Iterator, Sequence

from mestral.auth.identity import RESERVED_PROVIDERS
from mestral.plugins.records import PluginRecord
from mestral.settings.access import AuthSettings
from mestral.settings.model import Finding, Settings
from mestral.settings.nearest import did_you_mean

RESERVED = (*RESERVED_PROVIDERS, "group")
"""What no plugin may call a login: providers of core's own identities, and `group:NAME` of `auth.admins`."""


def login_findings(records: Sequence[PluginRecord], settings: Settings) -> Iterator[Finding]:
    """A warning for each name that is none of a login in use."""
    known = {login.id for record in records if record.serves for login in record.logins}
    for key, name in _named(settings.auth):
        origin = settings.origins.get(f"auth.{key}")
        if name in known or origin is None or (name in RESERVED and key != "logins"):
            continue
        hint = did_you_mean(name, known) or (
            f" In use: {', '.join(sorted(known))}." if known else " There is none in use."
        )
        yield Finding(
            level="warning",
            where=origin,
            key=f"auth.{key}",
            message=f"no plugin in use offers a login {name!r}, so this has no effect.{hint}",
        )


def _named(auth: AuthSettings) -> Iterator[tuple[str, str]]:
    """Key of `[auth]`, and a login that is named there."""
    yield from (("logins", name) for name in auth.logins)
    yield from (("account_logins", name) for name in auth.account_logins)
    yield from (("accounts", _provider(person)) for person in auth.accounts)
    yield from (("admins", _provider(entry)) for entry in auth.admins if ":" in entry)
    for rule in auth.rules:
        if rule.provider:
            yield "rules", rule.provider
        elif rule.user and ":" in rule.user:
            yield "rules", _provider(rule.user)


def _provider(person: str) -> str:
    return person.partition(":")[0]
