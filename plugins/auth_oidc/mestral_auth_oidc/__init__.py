"""Login by OpenID Connect. This version reads its settings and says whether they suffice; it declares no
login yet."""

from mestral import Manifest
from mestral import __version__ as version
from mestral_auth_oidc.settings import OidcSettings, missing

__all__ = ["plugin"]


class OidcPlugin:
    """The manifest alone; hooks come with the login."""

    manifest = Manifest(
        name="auth_oidc",
        version=version,
        summary="OpenID Connect login: its settings are read and checked, and it declares no login yet.",
        requires_api=">=0.1,<0.2",
        provides=("auth:oidc",),
        modules=("authlib", "httpx2"),
        extra="oidc",
        settings=OidcSettings,
        configured=missing,
        migration="mestral_auth_oidc.migration:login_rules",
    )


plugin = OidcPlugin()
