"""Logins: what a backend vouches for becomes an identity, a token and a line of the audit log.

Guarantees: every login, new or legacy, goes through `Logins.verify`: counted, bounded in time, audited, and
answered in the shapes of contract/AUTH.md A5. Identities of different backends are different people until
`auth.accounts` joins them.
"""

import asyncio
import logging
from collections.abc import Awaitable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from mestral.auth.audit import Audit, Result
from mestral.auth.clients import ANY, entry_of, is_allowed
from mestral.auth.identity import Identity
from mestral.auth.sessions import digest_of
from mestral.auth.throttle import Throttle
from mestral.contributions import LoginBackend, Principal
from mestral.errors import LoginRefused, Problem, unavailable
from mestral.settings.model import AuthSettings

if TYPE_CHECKING:
    from mestral.auth.sessions import Sessions
    from mestral.auth.tokens import Tokens
    from mestral.plugins import Plugins

logger = logging.getLogger(__name__)

SECONDS = 20.0
"""How long a backend may take: providers are asked two or three things, each with a limit of its own."""

_MOST_GROUPS = 100
_MOST_NAME = 256


class LoginAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of every login (contract/AUTH.md A5); refused: all null but the message."""

    authenticated: bool
    user: str | None
    token: str | None
    message: str


class LoggedIn(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody whom a backend vouched for, and who has no token yet.

    Attributes:
        identity: Who it is.
        session: Digest of the provider's id of the session; empty when it cannot end it.
    """

    identity: Identity
    session: str


def refusal(message: str) -> dict[str, object]:
    """The body of a refused login."""
    return msgspec.structs.asdict(LoginAnswer(authenticated=False, user=None, token=None, message=message))


class Logins:
    """The logins of one app.

    Args:
        settings: The `[auth]` table.
        plugins: Whose logins and lists of clients they are.
    """

    def __init__(
        self,
        settings: AuthSettings,
        plugins: "Plugins",
        *,
        tokens: "Tokens",
        sessions: "Sessions",
        audit: Audit,
        throttle: Throttle,
    ) -> None:
        self._settings = settings
        self._plugins = plugins
        self._tokens = tokens
        self._sessions = sessions
        self._audit = audit
        self._throttle = throttle
        self._warned: set[str] = set()

    @property
    def backends(self) -> Mapping[str, LoginBackend]:
        """Those that are active, in the order in which they are offered."""
        found = {login.id: login for record in self._plugins.active for login in record.logins}
        first = [name for name in self._settings.logins if name in found]
        return {name: found[name] for name in dict.fromkeys([*first, *found])}

    def allowed(self, url: str, *, legacy: bool = False) -> bool:
        """Whether a page may have its visitors logged in.

        Args:
            url: Its address.
            legacy: Whether it is a login of today's GUI, for which `*` in a list allows every page.
        """
        entries = self._clients()
        return is_allowed(url, entries) or (legacy and ANY in entries)

    def client_of(self, url: str) -> str | None:
        """The allowed client that a page is, or is below, as its list has it; None when there is none."""
        return entry_of(url, self._clients())

    async def answer(
        self, request: Any, provider: str, principal: Awaitable[Principal], message: str = "Token generated"
    ) -> LoginAnswer:
        """Let somebody in, at once; arguments and errors as for `verify`."""
        return await self.token_for(await self.verify(request, provider, principal), message)

    async def token_for(self, logged_in: LoggedIn, message: str = "Token generated") -> LoginAnswer:
        """A token for somebody who was verified."""
        token = self._tokens.issue(logged_in.identity)
        if logged_in.session:
            await self._sessions.remember(logged_in.identity.provider, logged_in.session, token)
        user = logged_in.identity.username
        return LoginAnswer(authenticated=True, user=user, token=f"Bearer {token}", message=message)

    async def verify(self, request: Any, provider: str, principal: Awaitable[Principal]) -> LoggedIn:
        """Find out who logs in.

        Args:
            request: The request of the login.
            provider: Id of the backend.
            principal: What the backend finds out; it is awaited here.

        Raises:
            Problem: 401 with the body of A5 when the backend refuses; 429 beyond the rate limit; 502 or 503
                when the provider does not do its part.
        """
        try:
            await self._throttle.count(request, "login")
            async with asyncio.timeout(SECONDS):
                found = await principal
            identity = self._identity(provider, found)
        except LoginRefused as error:
            await self._audit.record(request, "login", "refused", target=provider, detail=error.reason)
            raise Problem(401, error.message, body=refusal(error.message)) from error
        except (Problem, TimeoutError) as error:
            problem = error if isinstance(error, Problem) else _too_slow(provider)
            result: Result = "refused" if problem.status == 429 else "failed"
            await self._audit.record(request, "login", result, target=provider, detail=problem.message)
            raise problem from error
        finally:
            if asyncio.iscoroutine(principal):
                principal.close()  # when it was never awaited
        await self._audit.record(request, "login", "ok", identity=identity, target=provider)
        session = digest_of(found.session) if found.session else ""
        return LoggedIn(identity=identity, session=session)

    def warn_legacy(self, provider: str) -> None:
        """Say once that today's GUI logs in without binding the login to the browser.

        Raises:
            Problem: 403, such logins are switched off.
        """
        if not self._settings.legacy_gui_login:
            raise Problem(403, f"This login is switched off here; begin at /v4/auth/{provider}/start.")
        if provider not in self._warned:
            self._warned.add(provider)
            logger.warning(
                "Login %s is used in the way of Autosubmit API's GUI, which binds nothing to the browser "
                "that began it. auth.legacy_gui_login = false switches it off.",
                provider,
            )

    def _identity(self, provider: str, found: Principal) -> Identity:
        names = (found.subject, found.username)
        if not all(_is_name(name) for name in names):
            raise LoginRefused("Can't verify user", "the provider names no usable subject or user name")
        return Identity(
            provider=provider,
            subject=found.subject,
            username=found.username,
            groups=tuple(found.groups)[:_MOST_GROUPS],
        )

    def _clients(self) -> Sequence[str]:
        entries = list(self._settings.clients)
        for record in self._plugins.active:
            for clients in record.clients:
                try:
                    entries += clients.read()
                except Exception:
                    logger.exception("Plugin %s cannot say which clients are allowed.", record.name)
        return entries


def _is_name(text: object) -> bool:
    return isinstance(text, str) and 0 < len(text) <= _MOST_NAME and text.isprintable()


def _too_slow(provider: str) -> Problem:
    return unavailable(f"The login {provider} did not answer within {SECONDS:g} seconds.", retry_after=10)
