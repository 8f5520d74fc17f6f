"""`[plugins.auth_oidc]`: the OpenID provider (contract/CONFIG.md 2, contract/AUTH.md A10)."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from mestral import Secret

_URL = r"^https?://[^/\s?#]+(/[^\s]*)?$"


class OidcSettings(msgspec.Struct, frozen=True, kw_only=True):
    """The client registered with the provider, and which claim is the user's name."""

    token_url: Annotated[
        str | None, Meta(pattern=_URL, description="Its token endpoint.", extra={"env": "OIDC_TOKEN_URL"})
    ] = None
    client_id: Annotated[
        str | None, Meta(description="Client id that the provider gave.", extra={"env": "OIDC_CLIENT_ID"})
    ] = None
    client_secret: Annotated[
        Secret | None,
        Meta(description="Client secret that the provider gave.", extra={"env": "OIDC_CLIENT_SECRET"}),
    ] = None
    username_source: Annotated[
        Literal["id_token", "userinfo"],
        Meta(description="Where the user's name is read from.", extra={"env": "OIDC_USERNAME_SOURCE"}),
    ] = "id_token"
    username_claim: Annotated[
        str,
        Meta(
            min_length=1,
            description="The claim that is the user's name.",
            extra={"env": "OIDC_USERNAME_CLAIM"},
        ),
    ] = "sub"
    userinfo_url: Annotated[
        str | None,
        Meta(
            pattern=_URL,
            description="Its userinfo endpoint, needed when username_source is userinfo.",
            extra={"env": "OIDC_USERINFO_URL"},
        ),
    ] = None


def missing(settings: OidcSettings) -> str | None:
    """What is missing for a login by OpenID Connect; None when nothing is."""
    needed = [
        ("token_url", "OIDC_TOKEN_URL", settings.token_url),
        ("client_id", "OIDC_CLIENT_ID", settings.client_id),
        ("client_secret", "OIDC_CLIENT_SECRET", settings.client_secret),
    ]
    if settings.username_source == "userinfo":
        needed.append(("userinfo_url", "OIDC_USERINFO_URL", settings.userinfo_url))
    absent = [f"{key} (or {variable})" for key, variable, value in needed if not value]
    return (
        f"It needs a client of an OpenID provider: set {', '.join(absent)} in [plugins.auth_oidc]."
        if absent
        else None
    )
