"""Login by CAS (Central Authentication Service): Mestral's own, and those of Autosubmit API."""

from collections.abc import Sequence

from mestral import LoginBackend, Manifest, PluginContext, Routes, hookimpl
from mestral import __version__ as version
from mestral_auth_cas.settings import CasSettings, missing

__all__ = ["plugin"]


class CasPlugin:
    """One login, `cas`. Every import that costs time happens inside the hooks."""

    manifest = Manifest(
        name="auth_cas",
        version=version,
        summary="Login by CAS: its own, those of Autosubmit API's v3 and v4, single logout.",
        requires_api=">=0.1,<0.2",
        provides=("auth:cas",),
        modules=("httpx2",),
        extra="cas",
        settings=CasSettings,
        configured=missing,
        migration="mestral_auth_cas.migration:login_rules",
    )

    @hookimpl
    def mestral_login_backends(self, context: PluginContext) -> Sequence[LoginBackend]:
        """CAS, by `/v4/auth/cas/start`."""
        from mestral_auth_cas.backend import cas_login

        return [cas_login(context.settings)]

    @hookimpl
    def mestral_routes(self, context: PluginContext) -> Sequence[Routes]:
        """The logins of Autosubmit API, and where the CAS server says that a session ended."""
        from mestral_auth_cas.legacy import legacy_logins
        from mestral_auth_cas.single_logout import single_logout

        return [Routes(handlers=(*legacy_logins(context.settings), single_logout), prefix="")]


plugin = CasPlugin()
