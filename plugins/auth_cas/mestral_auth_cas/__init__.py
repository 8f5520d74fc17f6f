"""Login by CAS. This version reads its settings and says whether they suffice; it declares no login yet."""

from mestral import Manifest
from mestral import __version__ as version
from mestral_auth_cas.settings import CasSettings, missing

__all__ = ["plugin"]


class CasPlugin:
    """The manifest alone; hooks come with the login."""

    manifest = Manifest(
        name="auth_cas",
        version=version,
        summary="CAS login: its settings are read and checked, and it declares no login yet.",
        requires_api=">=0.1,<0.2",
        provides=("auth:cas",),
        modules=("httpx2",),
        extra="cas",
        settings=CasSettings,
        configured=missing,
        migration="mestral_auth_cas.migration:login_rules",
    )


plugin = CasPlugin()
