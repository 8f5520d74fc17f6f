"""Login by an OpenID provider: any that speaks OpenID Connect, such as Keycloak."""

from collections.abc import Sequence

from mestral import HealthCheck, LoginBackend, Manifest, PluginContext, Routes, hookimpl
from mestral import __version__ as version
from mestral_auth_oidc.settings import OidcSettings, missing

__all__ = ["plugin"]


class OidcPlugin:
    """Contributes the login `oidc`. Every import that costs time happens inside the hooks."""

    manifest = Manifest(
        name="auth_oidc",
        version=version,
        summary="Login by an OpenID provider: id tokens are verified, with PKCE, state and nonce.",
        requires_api=">=0.1,<0.2",
        provides=("auth:oidc",),
        modules=("authlib", "cryptography", "httpx2"),
        extra="oidc",
        settings=OidcSettings,
        configured=missing,
        migration="mestral_auth_oidc.migration:login_rules",
    )

    @hookimpl
    def mestral_login_backends(self, context: PluginContext) -> Sequence[LoginBackend]:
        """The login `oidc`, where it is known to which page browsers are sent."""
        settings = context.settings
        if not settings.issuer and not settings.authorization_url:
            return []  # the variables of Autosubmit API: its GUI knows that page
        from mestral_auth_oidc.login import OidcLogin

        login = OidcLogin(settings)
        return [
            LoginBackend(
                id="oidc",
                display_name=settings.display_name,
                kind="redirect",
                begin=login.begin,
                finish=login.finish,
            )
        ]

    @hookimpl
    def mestral_routes(self, context: PluginContext) -> Sequence[Routes]:
        """The login call of today's GUI."""
        from mestral_auth_oidc.login import OidcLogin
        from mestral_auth_oidc.routes import legacy_login

        handler = legacy_login(OidcLogin(context.settings), context.settings.redirect_uris)
        return [Routes(handlers=(handler,), prefix="/")]

    @hookimpl
    def mestral_health_checks(self, context: PluginContext) -> Sequence[HealthCheck]:
        """Whether the provider can be asked."""
        from mestral_auth_oidc.provider import Provider

        provider = Provider(context.settings, discovery_seconds=60)
        return [HealthCheck(name="provider", check=provider.complaint)]


plugin = OidcPlugin()
