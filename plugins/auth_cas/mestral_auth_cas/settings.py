"""`[plugins.auth_cas]`: the CAS server (contract/CONFIG.md 2, contract/AUTH.md A10)."""

from typing import Annotated

import msgspec
from msgspec import Meta

_URL = r"^https?://[^/\s?#]+(/[^\s?#]*)?$"


class CasSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Where the CAS server is, and what is read from its answers."""

    server_url: Annotated[
        str | None,
        Meta(
            pattern=r"^https?://[^/\s?#]+(/[^\s?#]*)?/$",
            description="Address of the CAS server; must end with a slash.",
            extra={"env": "CAS_SERVER_URL"},
        ),
    ] = None
    login_url: Annotated[
        str | None,
        Meta(
            pattern=_URL,
            description="Its login page, for /v3/login, and for all logins without server_url; absent: "
            "server_url + login.",
            extra={"env": "CAS_LOGIN_URL"},
        ),
    ] = None
    verify_url: Annotated[
        str | None,
        Meta(
            pattern=_URL,
            description="Its ticket check, for /v3/login, and for all logins without server_url; absent: "
            "server_url + p3/serviceValidate, or + serviceValidate where the server lacks that.",
            extra={"env": "CAS_VERIFY_URL"},
        ),
    ] = None
    groups_attribute: Annotated[
        str | None,
        Meta(
            pattern=r"^[\w.-]+$",
            description="The attribute of CAS that holds groups, such as memberOf; absent: no groups.",
        ),
    ] = None


def missing(settings: CasSettings) -> str | None:
    """What is missing for a login by CAS; None when nothing is."""
    if settings.server_url or (settings.login_url and settings.verify_url):
        return None
    return (
        "It needs the address of a CAS server: set server_url in [plugins.auth_cas], or CAS_SERVER_URL; "
        "without it both login_url and verify_url, or CAS_LOGIN_URL and CAS_VERIFY_URL."
    )
