"""Login by GitHub. This version reads its settings and says whether they suffice; it declares no login
yet."""

from mestral import Manifest
from mestral import __version__ as version
from mestral_auth_github.settings import GithubSettings, missing

__all__ = ["plugin"]


class GithubPlugin:
    """The manifest alone; hooks come with the login."""

    manifest = Manifest(
        name="auth_github",
        version=version,
        summary="GitHub login: its settings are read and checked, and it declares no login yet.",
        requires_api=">=0.1,<0.2",
        provides=("auth:github",),
        modules=("authlib", "httpx2"),
        extra="github",
        settings=GithubSettings,
        configured=missing,
        migration="mestral_auth_github.migration:login_rules",
    )


plugin = GithubPlugin()
