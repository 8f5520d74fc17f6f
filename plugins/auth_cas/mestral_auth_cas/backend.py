"""Login by CAS in Mestral's own way: begun and ended here, and bound to the browser (contract/AUTH.md C1).

CAS knows neither state nor PKCE. The state is part of the service: so it comes back with the ticket, and a
server that compares services with their query, as the protocol demands, takes the ticket with no other state.
"""

from collections.abc import Mapping
from urllib.parse import urlencode

from mestral import LoginAttempt, LoginBackend, Principal
from mestral_auth_cas.server import server_of
from mestral_auth_cas.settings import CasSettings

ID = "cas"


def cas_login(settings: CasSettings) -> LoginBackend:
    """The login of these settings."""
    server = server_of(settings)

    async def begin(attempt: LoginAttempt) -> str:
        return server.login_address(_service(attempt))

    async def finish(attempt: LoginAttempt, presented: Mapping[str, str]) -> Principal:
        return await server.verify(_service(attempt), presented.get("ticket", ""))

    return LoginBackend(id=ID, display_name="CAS", kind="redirect", begin=begin, finish=finish)


def _service(attempt: LoginAttempt) -> str:
    return f"{attempt.callback}?{urlencode({'state': attempt.state})}"
