"""The CAS server: where browsers log in, and the check of a ticket (CAS protocol 3.0, 2.1 and 2.5).

Guarantees: a ticket is checked with the very service that it was asked for; what the server sends is bounded
in time and size (`mestral.login`) and redirects nowhere; a refusal is a 401, a fault of the server a 502 or
503. Neither tickets nor the server's own words, which may repeat them, are logged.
"""

import logging
import re
from urllib.parse import quote

import msgspec

from mestral import LoginRefused, Principal, bad_gateway, unavailable
from mestral.login import asking, client_options
from mestral_auth_cas.answers import Refused, Vouched, read_validation
from mestral_auth_cas.safe_xml import XmlError
from mestral_auth_cas.settings import CasSettings

logger = logging.getLogger(__name__)

NAME = "The CAS server"

_TICKET = re.compile(r"[!-~]{1,1024}")
_LACKING = frozenset({301, 302, 303, 307, 308, 404, 405, 410, 501})
"""How servers answer that do not know an address; some send everybody to their login page."""


class CasServer(msgspec.Struct, frozen=True):
    """One CAS server.

    Attributes:
        login: Its login page.
        checks: Addresses of its check of tickets, the next one for a server that lacks the one before.
        groups_attribute: Name of the attribute that holds groups; None: no groups.
    """

    login: str
    checks: tuple[str, ...]
    groups_attribute: str | None

    def login_address(self, service: str) -> str:
        """Where a browser logs in to come back to a service."""
        return f"{self.login}?service={quote(service, safe='')}"

    async def verify(self, service: str, ticket: str, refusal: str = "Can't verify user") -> Principal:
        """Whose ticket it is.

        Args:
            service: The one that the ticket was asked for.
            ticket: As it came back.
            refusal: Sentence for who has no valid one.

        Raises:
            LoginRefused: The server does not vouch for anybody.
            Problem: 502 or 503, the server does not do its part.
        """
        if not _TICKET.fullmatch(ticket):
            raise LoginRefused(refusal, "no ticket, or none that could be one")
        answer = await self._ask(service, ticket)
        if isinstance(answer, Refused):
            raise _refused(answer.code, service, refusal)
        if answer.proxied:
            raise LoginRefused(refusal, "the ticket was given to a service that acts for the user")
        return Principal(subject=answer.user, username=answer.user, groups=answer.groups, session=ticket)

    async def _ask(self, service: str, ticket: str) -> Vouched | Refused:
        import httpx2

        async with asking(NAME), httpx2.AsyncClient(**client_options()) as client:
            for check in self.checks:
                response = await client.get(check, params={"service": service, "ticket": ticket})
                if response.status_code not in _LACKING:
                    break
        try:
            answer = read_validation(response.content, response.charset_encoding, self.groups_attribute)
        except XmlError as error:
            problem: str = str(error)
        else:
            if response.status_code == 200 or isinstance(answer, Refused):
                return answer
            problem = "it vouches for somebody in an answer that is no 200"
        moved = response.has_redirect_location
        logger.error(
            "%s answered the check of a ticket at %s with status %d, and no answer of CAS: %s.%s",
            NAME,
            check,
            response.status_code,
            problem,
            " It redirects, which is not followed: set the address that it redirects to." if moved else "",
        )
        raise bad_gateway(f"{NAME} does not answer as it should.")


def server_of(settings: CasSettings) -> CasServer:
    """The server of the logins of v4; with `login_url` and `verify_url` where that is all there is."""
    if settings.server_url is None:
        return server_of_v3(settings)
    return _server(settings, settings.server_url + "login", _checks_below(settings.server_url))


def server_of_v3(settings: CasSettings) -> CasServer:
    """The server of the login of v3, whose addresses may be set one by one."""
    base = settings.server_url or ""
    checks = (settings.verify_url,) if settings.verify_url else _checks_below(base)
    return _server(settings, settings.login_url or f"{base}login", checks)


def _server(settings: CasSettings, login: str, checks: tuple[str, ...]) -> CasServer:
    return CasServer(login, checks, settings.groups_attribute)


def _checks_below(base: str) -> tuple[str, ...]:
    return f"{base}p3/serviceValidate", f"{base}serviceValidate"


def _refused(code: str, service: str, refusal: str) -> Exception:
    """What becomes of a failure: most are the ticket's, one is the server's."""
    if code == "INTERNAL_ERROR":
        logger.error("%s has an internal error.", NAME)
        return unavailable(f"{NAME} has an internal error, try again later.", retry_after=30)
    if code in ("INVALID_SERVICE", "UNAUTHORIZED_SERVICE"):
        shown = service.partition("?")[0]
        logger.warning(
            "%s answers %s: the ticket was given for another service, or %s is not registered there.",
            NAME,
            code,
            shown,
        )
    return LoginRefused(refusal, f"the CAS server answers {code}")
