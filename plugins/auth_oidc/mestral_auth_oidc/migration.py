"""What `mestral migrate check` says of OpenID Connect beyond its variables (contract/AUTH.md A9, B4, B17)."""

from collections.abc import Mapping

from mestral import Migrated, Verdict
from mestral_auth_oidc.settings import OidcSettings


def login_rules(settings: OidcSettings | None, environ: Mapping[str, str]) -> list[Migrated]:
    """Addresses without TLS, what is checked that Autosubmit API does not check, and who may ask."""
    if settings is None or not (settings.token_url or settings.issuer):
        return []
    message = "Without https anybody on the way can read the client's secret and say who logs in."
    items = [
        Migrated(verdict=Verdict.UNSAFE, name=name, where="plugin", value=url, message=message)
        for name, url in {
            "issuer": settings.issuer,
            "OIDC_TOKEN_URL": settings.token_url,
            "OIDC_USERINFO_URL": settings.userinfo_url,
        }.items()
        if url and url.startswith("http://")
    ]
    items.append(_checked(settings))
    if not settings.redirect_uris:
        message = (
            "Autosubmit API takes every redirect_uri. Mestral's is one of redirect_uris in "
            "[plugins.auth_oidc], or a page of an allowed client: auth.clients, or `authorized` in "
            "[clients] of the rc file."
        )
        items.append(Migrated(verdict=Verdict.DIFFERS, name="redirect_uri", where="plugin", message=message))
    return items


def _checked(settings: OidcSettings) -> Migrated:
    message = (
        "Autosubmit API takes the user's name from an id_token whose signature, issuer and audience it does "
        "not check. Mestral checks them."
    )
    if settings.username_source == "userinfo":
        message = (
            "Autosubmit API asks userinfo even when the code was refused. Mestral does not, and wants a "
            "subject (sub) from there."
        )
    return Migrated(verdict=Verdict.DIFFERS, name="OIDC_USERNAME_SOURCE", where="plugin", message=message)
