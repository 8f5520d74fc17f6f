"""Login by GitHub, or by a GitHub Enterprise Server: for the members of an organisation or team."""

from collections.abc import Sequence

from mestral import LoginBackend, Manifest, PluginContext, Routes, hookimpl
from mestral import __version__ as version
from mestral_auth_github.settings import GithubSettings, missing

__all__ = ["plugin"]


class GithubPlugin:
    """The manifest and the hooks."""

    manifest = Manifest(
        name="auth_github",
        version=version,
        summary="Login by GitHub or GitHub Enterprise, for the members of an organisation or team.",
        requires_api=">=0.1,<0.2",
        provides=("auth:github",),
        modules=("authlib", "httpx2"),
        extra="github",
        settings=GithubSettings,
        configured=missing,
        migration="mestral_auth_github.migration:login_rules",
    )

    @hookimpl
    def mestral_login_backends(self, context: PluginContext) -> Sequence[LoginBackend]:
        from mestral_auth_github.provider import GITHUB, GitHub

        github = GitHub(context.settings)
        return [
            LoginBackend(
                id="github",
                display_name=GITHUB,
                kind="redirect",
                begin=github.begin,
                finish=github.finish,
            )
        ]

    @hookimpl
    def mestral_routes(self, context: PluginContext) -> Sequence[Routes]:
        from mestral_auth_github.provider import GitHub
        from mestral_auth_github.routes import legacy_login

        return [Routes(handlers=(legacy_login(context.settings, GitHub(context.settings)),), prefix="/")]


plugin = GithubPlugin()
