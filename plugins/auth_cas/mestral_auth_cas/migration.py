"""What `mestral migrate check` says of CAS beyond its variables."""

from collections.abc import Mapping

from mestral import Migrated, Verdict
from mestral_auth_cas.settings import CasSettings


def login_rules(settings: CasSettings | None, environ: Mapping[str, str]) -> list[Migrated]:
    """Addresses without TLS."""
    if settings is None:
        return []
    urls = {
        "CAS_SERVER_URL": settings.server_url,
        "CAS_LOGIN_URL": settings.login_url,
        "CAS_VERIFY_URL": settings.verify_url,
    }
    message = "Without https anybody on the way can read tickets and answer for the CAS server."
    return [
        Migrated(verdict=Verdict.UNSAFE, name=name, where="plugin", value=url, message=message)
        for name, url in urls.items()
        if url and url.startswith("http://")
    ]
