"""Where the CAS server says that a session ended (CAS protocol 3.0, 2.3.3).

Guarantees: the tokens that the ticket of the session gave are valid no more. Nothing proves who sends it but
the ticket, which the server and the browser alone know and nobody can guess; so ending a session that is not
known costs the sender one of its failed attempts, and tells it nothing.
"""

import logging
from typing import Any
from urllib.parse import parse_qs

from litestar import Request, Response

from mestral import Access, invalid, platform_of
from mestral.http import Answers, post
from mestral_auth_cas.answers import read_logout
from mestral_auth_cas.backend import ID
from mestral_auth_cas.safe_xml import XmlError

logger = logging.getLogger(__name__)

_MOST_BYTES = 16 * 1024
_MOST_FIELDS = 10


@post(
    "/v4/auth/cas/callback",
    access=Access.PUBLIC,
    operation_id="auth_cas.single_logout",
    answers=Answers(body=None, errors={204: "It was understood.", 422: "It is no request to end a session."}),
    summary="Single logout of CAS",
    request_max_body_size=_MOST_BYTES,
)
async def single_logout(request: Request[Any, Any, Any]) -> Response[None]:
    """A form whose `logoutRequest` is a LogoutRequest of SAML 2.0; its SessionIndex is the ticket."""
    ticket = _ticket(await request.body())
    platform = platform_of(request)
    ended = await platform.sessions.end(ID, ticket)
    if ended:
        detail = f"by the CAS server, tokens: {ended}"
        await platform.audit.record(request, "logout", "ok", target=ID, detail=detail)
    else:
        await platform.throttle.count(request, "token")
    return Response(None, status_code=204)


def _ticket(body: bytes) -> str:
    try:
        form = parse_qs(body.decode(), max_num_fields=_MOST_FIELDS)
        return read_logout(form.get("logoutRequest", [""])[0].encode())
    except (XmlError, ValueError) as error:
        logger.warning("A request to end a session of CAS is none: %s.", error)
        message = "Invalid value for 'logoutRequest': Input should be a LogoutRequest of SAML 2.0"
        raise invalid(message) from error
