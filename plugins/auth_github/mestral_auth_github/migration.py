"""What `mestral migrate check` says of GitHub beyond its variables (contract/AUTH.md A8, B9)."""

from collections.abc import Mapping

from mestral import Migrated, Verdict
from mestral_auth_github.settings import GithubSettings

_ORGANIZATION = "GITHUB_OAUTH_WHITELIST_ORGANIZATION"
_TEAM = "GITHUB_OAUTH_WHITELIST_TEAM"


def login_rules(settings: GithubSettings | None, environ: Mapping[str, str]) -> list[Migrated]:
    """Who may log in: without an organisation Autosubmit API lets everybody in.

    The variables are read here themselves, as a team without an organisation leaves no settings.
    """
    if not environ.get("GITHUB_OAUTH_CLIENT_ID") or environ.get(_ORGANIZATION):
        return []
    if settings is not None and (settings.organization or settings.allow_any):
        return []
    why = "a team alone is no limit" if environ.get(_TEAM) else "no organisation is named"
    return [
        Migrated(
            verdict=Verdict.UNSAFE,
            name=_ORGANIZATION,
            where="plugin",
            setting="plugins.auth_github.organization",
            message=f"Autosubmit API lets every GitHub account log in, as {why}. Mestral lets nobody in "
            "until one is named, or allow_any = true says that this is meant.",
        )
    ]
