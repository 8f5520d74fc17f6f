"""Logins: what a backend vouches for becomes an identity, a token and a line of the audit log.

Guarantees: every login, new or legacy, goes through `Logins.verify`: counted, bounded in time, audited, and
answered in the shapes of contract/AUTH.md A5. Identities of different backends are different people until
`auth.accounts` joins them.
"""

import asyncio
import logging
import traceback
from collections.abc import Awaitable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from mestral.auth.audit import Audit
from mestral.auth.clients import ANY, entry_of, is_allowed, is_target
from mestral.auth.identity import Identity
from mestral.auth.sessions import digest_of
from mestral.auth.throttle import Throttle
from mestral.contributions import LoginAttempt, LoginBackend, Principal
from mestral.errors import LoginRefused, Problem, bad_gateway, unauthorized, unavailable
from mestral.plugins.guard import cancelled_by_itself
from mestral.settings.access import AuthSettings

if TYPE_CHECKING:
    from mestral.auth.sessions import Sessions
    from mestral.auth.tokens import Tokens
    from mestral.plugins import Plugins

logger = logging.getLogger(__name__)

T = TypeVar("T")

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
        self._named_groups = {
            *(rule.group for rule in settings.rules),
            *(entry.removeprefix("group:") for entry in settings.admins),
        }

    @property
    def offered(self) -> Mapping[str, LoginBackend | None]:
        """Every login that is to be used, in the order in which to offer them; None: it is broken."""
        found: dict[str, LoginBackend | None] = {
            login.id: login for record in self._plugins.active for login in record.logins
        }
        for name in self._plugins.broken_logins:
            found.setdefault(name, None)
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
        self,
        request: Any,
        provider: str,
        principal: Awaitable[Principal],
        message: str = "Token generated",
        *,
        user: str = "",
    ) -> LoginAnswer:
        """Let somebody in, at once; arguments and errors as for `verify`."""
        return await self.token_for(await self.verify(request, provider, principal, user=user), message)

    async def token_for(self, logged_in: LoggedIn, message: str = "Token generated") -> LoginAnswer:
        """A token for somebody who was verified."""
        token = self._tokens.issue(logged_in.identity)
        if logged_in.session:
            await self._sessions.remember(logged_in.identity.provider, logged_in.session, token)
        user = logged_in.identity.username
        return LoginAnswer(authenticated=True, user=user, token=f"Bearer {token}", message=message)

    async def begin(self, login: LoginBackend, attempt: LoginAttempt) -> str:
        """The address at the provider to which the browser is sent.

        Raises:
            Problem: 502 or 503 when the provider or the backend does not do its part.
        """
        assert login.begin is not None  # noqa: S101 - checked when it was collected
        try:
            target = await _bounded(login.id, login.begin(attempt))
        except LoginRefused as error:
            raise unauthorized(error.message, body=refusal(error.message)) from error
        if not isinstance(target, str) or not is_target(target):
            logger.error("Login %s sends to what is no address of a provider.", login.id)
            raise _useless(login.id)
        return target

    async def verify(
        self, request: Any, provider: str, principal: Awaitable[Principal], *, user: str = ""
    ) -> LoggedIn:
        """Find out who logs in.

        Args:
            request: The request of the login.
            provider: Id of the backend.
            principal: What the backend finds out; it is awaited here.
            user: The name that was typed, for logins by password: tries for it are counted too.

        Raises:
            Problem: 401 with the body of A5 when the backend refuses; 429 beyond the rate limit; 502 or 503
                when the provider or the backend does not do its part.
        """
        try:
            await self._throttle.count(request, "login")
            if user:
                await self._throttle.count(request, "user", f"{provider}:{user}")
            found = await _bounded(provider, principal)
            identity = self._identity(provider, found)
        except LoginRefused as error:
            await self._audit.refused(request, "login", target=provider, detail=error.reason)
            raise unauthorized(error.message, body=refusal(error.message)) from error
        except Problem as problem:
            if problem.status in (401, 403, 429):
                await self._audit.refused(request, "login", target=provider, detail=problem.message)
            else:
                await self._audit.record(request, "login", "failed", target=provider, detail=problem.message)
            raise
        finally:
            if asyncio.iscoroutine(principal):
                principal.close()  # when it was never awaited
        await self._audit.record(request, "login", "ok", identity=identity, target=provider)
        session = digest_of(found.session) if isinstance(found.session, str) and found.session else ""
        return LoggedIn(identity=identity, session=session)

    def warn_open(self) -> None:
        """Say at the start that some list lets every page have its visitors logged in."""
        if self._settings.legacy_gui_login and ANY in self._clients():
            logger.warning(
                "A list of clients holds *: any page may have its visitors logged in here in the way of "
                "Autosubmit API's GUI, and gets their tickets. Name the pages, in auth.clients or there."
            )

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
        if not isinstance(found, Principal):
            logger.error(
                "Login %s gave a %s in place of a mestral.Principal.", provider, type(found).__name__
            )
            raise _useless(provider)
        if not all(_is_name(name) for name in (found.subject, found.username)):
            raise LoginRefused("Can't verify user", "the provider names no usable subject or user name")
        return Identity(
            provider=provider,
            subject=found.subject,
            username=found.username,
            groups=self._groups(provider, found.groups),
        )

    def _groups(self, provider: str, told: object) -> tuple[str, ...]:
        """The groups that are kept: first those that settings name, so that no number of others hides one."""
        if isinstance(told, str) or not isinstance(told, Collection):
            logger.error("Login %s tells groups that are no list of texts: none counts.", provider)
            return ()
        groups = sorted(filter(_is_name, told), key=lambda group: group not in self._named_groups)
        if len(groups) > _MOST_GROUPS:
            logger.warning(
                "Login %s tells %d groups of somebody: %d count.", provider, len(groups), _MOST_GROUPS
            )
        return tuple(groups[:_MOST_GROUPS])

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


async def _bounded(provider: str, doing: Awaitable[T]) -> T:
    """What a backend finds out, in bounded time; whatever it raises that it should not is a `Problem`.

    What was raised may hold a ticket or a code: the log has where, and not the texts of errors.
    """
    try:
        async with asyncio.timeout(SECONDS):
            return await doing
    except (LoginRefused, Problem):
        raise
    except TimeoutError:
        logger.error("Login %s did not answer within %g seconds.", provider, SECONDS)
        message = f"The login {provider} did not answer within {SECONDS:g} seconds."
        raise unavailable(message, retry_after=10) from None
    except asyncio.CancelledError:
        if not cancelled_by_itself():
            raise  # the client is gone, or the server is being stopped
        logger.error("Login %s was cancelled by itself.", provider)
    except (Exception, SystemExit) as error:
        where = "".join(traceback.format_tb(error.__traceback__))
        logger.error("Login %s raised %s:\n%s", provider, type(error).__name__, where)
    raise _useless(provider)


def _useless(provider: str) -> Problem:
    return bad_gateway(f"The login {provider} gave no usable answer; the server's log says more.")
