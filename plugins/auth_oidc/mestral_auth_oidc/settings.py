"""`[plugins.auth_oidc]`: the OpenID provider (contract/CONFIG.md 2, contract/AUTH.md A10)."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from mestral import Secret

_URL = r"^https?://[^/\s?#]+(/[!-~]*)?$"

Url = Annotated[str, Meta(pattern=_URL)]
Algorithm = Literal["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]
"""Signatures by a private key alone: neither `none` nor those by a secret that both sides know."""


class OidcSettings(msgspec.Struct, frozen=True, kw_only=True):
    """The provider, the client registered with it, and which claims are the user's name and groups."""

    issuer: Annotated[
        str | None,
        Meta(
            pattern=r"^https?://[^/\s?#]+(/[^\s?#]*)?$",
            description="Name of the provider, exactly as in its discovery document, such as "
            "https://id.example.org/realms/hpc; the rest is read from there.",
        ),
    ] = None
    client_id: Annotated[
        str | None, Meta(description="Client id that the provider gave.", extra={"env": "OIDC_CLIENT_ID"})
    ] = None
    client_secret: Annotated[
        Secret | None,
        Meta(description="Client secret that the provider gave.", extra={"env": "OIDC_CLIENT_SECRET"}),
    ] = None
    client_auth: Annotated[
        Literal["basic", "post"] | None,
        Meta(
            description="How they are sent to the token endpoint: in a header or in the form. Absent: as the "
            "discovery document says, the header first; without that document in the form."
        ),
    ] = None
    display_name: Annotated[
        str, Meta(min_length=1, max_length=60, description="Its name for people, on buttons.")
    ] = "OpenID Connect"
    scopes: Annotated[
        tuple[Annotated[str, Meta(pattern=r"^[!#-\[\]-~]+$")], ...],
        Meta(description="What is asked for beside openid; some providers want one for groups."),
    ] = ("profile",)
    username_source: Annotated[
        Literal["id_token", "userinfo"],
        Meta(description="Where names and groups are read from.", extra={"env": "OIDC_USERNAME_SOURCE"}),
    ] = "id_token"
    username_claim: Annotated[
        str,
        Meta(
            min_length=1,
            description="The claim that is the user's name; one that people cannot change themselves.",
            extra={"env": "OIDC_USERNAME_CLAIM"},
        ),
    ] = "sub"
    groups_claim: Annotated[
        str | None, Meta(min_length=1, description="The claim that lists the user's groups; absent: none.")
    ] = None
    redirect_uris: Annotated[
        tuple[Url, ...],
        Meta(
            description="Login pages that today's GUI may name as redirect_uri, compared exactly; none: any "
            "page of an allowed client."
        ),
    ] = ()
    algorithms: Annotated[
        tuple[Algorithm, ...],
        Meta(min_length=1, description="Signatures of id tokens that are accepted."),
    ] = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
    authorization_url: Annotated[
        str | None,
        Meta(pattern=_URL, description="Its authorization endpoint; absent: from its discovery document."),
    ] = None
    token_url: Annotated[
        str | None,
        Meta(
            pattern=_URL,
            description="Its token endpoint; absent: from its discovery document.",
            extra={"env": "OIDC_TOKEN_URL"},
        ),
    ] = None
    userinfo_url: Annotated[
        str | None,
        Meta(
            pattern=_URL,
            description="Its userinfo endpoint, asked when username_source is userinfo; absent: from its "
            "discovery document.",
            extra={"env": "OIDC_USERINFO_URL"},
        ),
    ] = None
    jwks_url: Annotated[
        str | None,
        Meta(pattern=_URL, description="Where its keys are; absent: from its discovery document."),
    ] = None

    def __post_init__(self) -> None:
        """Refuse what would let somebody in on a token that nobody checks.

        Raises:
            ValueError: It says what to set.
        """
        if self.token_url and not self.issuer and self.username_source == "id_token":
            raise ValueError(
                "token_url (or OIDC_TOKEN_URL) without issuer: id tokens cannot be checked unless it is "
                "known who signs them. Set issuer in [plugins.auth_oidc] to the `issuer` of the provider's "
                '/.well-known/openid-configuration; or username_source = "userinfo" and userinfo_url, so '
                "that the provider itself is asked who it is."
            )

    @property
    def discovers(self) -> bool:
        """Whether the discovery document is needed: something is not set."""
        known = self.authorization_url and self.token_url and self.jwks_url
        return bool(self.issuer) and not (known and (self.userinfo_url or self.username_source == "id_token"))


def missing(settings: OidcSettings) -> str | None:
    """What is missing for a login by OpenID Connect; None when nothing is."""
    needed = [
        ("client_id (or OIDC_CLIENT_ID)", settings.client_id),
        ("client_secret (or OIDC_CLIENT_SECRET)", settings.client_secret),
    ]
    if not settings.issuer:
        needed.insert(0, ("issuer", settings.token_url))
        if settings.token_url:  # names come from userinfo, or the settings would be refused
            needed.append(("userinfo_url (or OIDC_USERINFO_URL)", settings.userinfo_url))
    absent = [name for name, value in needed if not value]
    return (
        f"It needs a client of an OpenID provider: set {', '.join(absent)} in [plugins.auth_oidc]."
        if absent
        else None
    )
