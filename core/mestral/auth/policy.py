"""The policy: who may operate which experiment (contract/AUTH.md B3, B23).

Guarantees: what nobody allows is refused, and one deny outweighs every allow, whoever says it: a rule of
`auth.rules` or a plugin (`mestral_decide`). A plugin that raises, takes too long, answers nonsense or is
broken while it is to be used counts as a deny. The anonymous may nothing, unless `auth.operate =
"authenticated"` and PROTECTION_LEVEL NONE say together that everybody may. Refusals are in the audit log.
"""

import asyncio
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from mestral.auth.guard import everybody_operates, identity_of
from mestral.auth.identity import Identity
from mestral.contributions import Decision
from mestral.errors import Problem, unauthorized
from mestral.settings.access import AuthRule, AuthSettings

if TYPE_CHECKING:
    from mestral.auth.audit import Audit
    from mestral.plugins import Plugins

Action = Literal["operate"]

_GROUP = "group:"
_WHY = {
    Decision.ALLOW: "allows it",
    Decision.DENY: "denies it",
    None: "could not decide, which counts as a denial",
}


class Say(msgspec.Struct, frozen=True, kw_only=True):
    """What one rule or plugin says.

    Attributes:
        by: Which: `auth.admins`, `auth.rules, entry 2`, `plugin experiments`.
        effect: What it says.
        why: In words.
    """

    by: str
    effect: Literal["allow", "deny"]
    why: str


class Ruling(msgspec.Struct, frozen=True, kw_only=True):
    """Whether somebody may, and everything that had a say.

    Attributes:
        allowed: Whether they may.
        message: Why not, for the person who tried; empty when they may.
        says: What was said, rules before plugins.
    """

    allowed: bool
    message: str
    says: tuple[Say, ...]


class Policy:
    """The policy of one app.

    Args:
        settings: The `[auth]` table.
        plugins: Who is asked by `mestral_decide`.
        audit: Where refusals are recorded; None where it is only explained.
    """

    def __init__(self, settings: AuthSettings, plugins: "Plugins", audit: "Audit | None" = None) -> None:
        self._settings = settings
        self._plugins = plugins
        self._audit = audit

    async def require(self, request: Any, action: Action, expid: str) -> None:
        """Let a request through only when whoever sent it may do this.

        Args:
            request: The request.
            action: What is to be done.
            expid: The experiment it is done to, as the client named it; empty when it is none.

        Raises:
            Problem: 401 for the anonymous, 403 for who may not.
        """
        identity = identity_of(request)
        if identity is None and not everybody_operates(self._settings):
            raise unauthorized()
        ruling = await self.decide(identity, action, expid)
        if not ruling.allowed:
            if self._audit is not None:
                by = ", ".join(say.by for say in ruling.says if say.effect == "deny")
                detail = f"denied by {by}" if by else "nothing allows it"
                await self._audit.refused(request, action, identity=identity, target=expid, detail=detail)
            raise Problem(403, ruling.message)

    async def decide(self, identity: Identity | None, action: Action, expid: str) -> Ruling:
        """What rules and plugins say together.

        Args:
            identity: Who wants to; None for the anonymous where they are not refused anyway.
            action, expid: As for `require`.
        """
        says = (*self._settings_say(identity, expid), *await self._plugins_say(identity, action, expid))
        denied = next((say for say in says if say.effect == "deny"), None)
        if denied is None and says:
            return Ruling(allowed=True, message="", says=says)
        message = _denied(denied) if denied is not None else _not_allowed(identity, expid)
        return Ruling(allowed=False, message=message, says=says)

    def _settings_say(self, identity: Identity | None, expid: str) -> list[Say]:
        says = []
        if self._settings.operate == "authenticated":
            who = "everybody" if identity is None else "everybody who has a token"
            says.append(Say(by="auth.operate", effect="allow", why=f"authenticated: {who} may operate"))
        if identity is not None:
            says += [
                Say(by="auth.admins", effect="allow", why=f"{entry} may operate everything")
                for entry in self._settings.admins
                if _is_named(identity, entry)
            ]
        for number, rule in enumerate(self._settings.rules, 1):
            if _fits(rule, identity, expid):
                named = msgspec.to_builtins(rule)
                why = ", ".join(f"{key} {value}" for key, value in named.items() if key != "effect")
                says.append(Say(by=f"auth.rules, entry {number}", effect=rule.effect, why=why))
        return says

    async def _plugins_say(self, identity: Identity | None, action: str, expid: str) -> list[Say]:
        records = self._plugins.deciding
        decisions = await asyncio.gather(
            *(self._plugins.decide(record, identity, action, expid) for record in records)
        )
        return [
            Say(
                by=f"plugin {record.name}",
                effect="allow" if decision is Decision.ALLOW else "deny",
                why=_WHY[decision],
            )
            for record, decision in zip(records, decisions, strict=True)
            if decision is not Decision.ABSTAIN
        ]


def matches(pattern: str, text: str) -> bool:
    """Whether a text is of a pattern, in which `*` is any run of characters; in linear time."""
    first, *rest = pattern.split("*")
    if not rest:
        return text == pattern
    *middle, last = rest
    if len(text) < len(first) + len(last) or not text.startswith(first) or not text.endswith(last):
        return False
    position, end = len(first), len(text) - len(last)
    for part in middle:
        found = text.find(part, position, end)
        if found < 0:
            return False
        position = found + len(part)
    return True


def _fits(rule: AuthRule, identity: Identity | None, expid: str) -> bool:
    if rule.expid is not None and not matches(rule.expid, expid):
        return False
    if rule.provider is None and rule.user is None and rule.group is None:
        return True
    if identity is None or (rule.provider is not None and rule.provider != identity.provider):
        return False
    if rule.group is not None and rule.group not in identity.groups:
        return False
    if rule.user is None:
        return True
    if rule.provider is not None:  # which makes the name unambiguous
        return rule.user in (identity.username, identity.subject)
    return _is_named(identity, rule.user)


def _is_named(identity: Identity, entry: str) -> bool:
    """Whether somebody is meant by an account, `provider:subject` or `group:NAME`."""
    if entry.startswith(_GROUP):
        return entry.removeprefix(_GROUP) in identity.groups
    return entry in (identity.id, identity.account)


def _denied(say: Say) -> str:
    if say.by.startswith("plugin "):
        return f"You may not do this: the {say.by} of this server {say.why}."
    return "You may not do this: a rule of this server's administrator denies it."


def _not_allowed(identity: Identity | None, expid: str) -> str:
    who = f"the owner of {expid} and administrators" if expid else "administrators"
    sentence = f"Only {who} of this server may do this."
    if identity is not None and not identity.account:
        sentence += f" You are {identity.id}, which is no account here (auth.accounts)."
    return sentence
