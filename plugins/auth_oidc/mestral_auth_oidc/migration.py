"""What `mestral migrate check` says of OpenID Connect beyond its variables (contract/AUTH.md A9, B4)."""

from collections.abc import Mapping

from mestral import Migrated, Verdict
from mestral_auth_oidc.settings import OidcSettings


def login_rules(settings: OidcSettings | None, environ: Mapping[str, str]) -> list[Migrated]:
    """Addresses without TLS, and the token that Autosubmit API does not check."""
    if settings is None or not settings.token_url:
        return []
    message = "Without https anybody on the way can read the client's secret and say who logs in."
    items = [
        Migrated(verdict=Verdict.UNSAFE, name=name, where="plugin", value=url, message=message)
        for name, url in {
            "OIDC_TOKEN_URL": settings.token_url,
            "OIDC_USERINFO_URL": settings.userinfo_url,
        }.items()
        if url and url.startswith("http://")
    ]
    if settings.username_source == "id_token":
        message = (
            "Autosubmit API takes the user's name from an id_token whose signature, issuer and audience it "
            "does not check. Mestral's login will."
        )
        items.append(
            Migrated(verdict=Verdict.DIFFERS, name="OIDC_USERNAME_SOURCE", where="plugin", message=message)
        )
    return items
