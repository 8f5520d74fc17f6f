"""What `mestral migrate check` says of GitHub beyond its variables (contract/AUTH.md A8, B9)."""

from collections.abc import Mapping

from mestral import Migrated, Verdict
from mestral_auth_github.settings import GithubSettings


def login_rules(settings: GithubSettings | None, environ: Mapping[str, str]) -> list[Migrated]:
    """Who may log in: without an organisation Autosubmit API lets everybody in."""
    if settings is None or not settings.client_id or settings.organization:
        return []
    why = "a team alone is no limit" if settings.team else "no organisation is named"
    return [
        Migrated(
            verdict=Verdict.UNSAFE,
            name="GITHUB_OAUTH_WHITELIST_ORGANIZATION",
            where="plugin",
            setting="plugins.auth_github.organization",
            message=f"Autosubmit API lets every GitHub account log in, as {why}. Mestral lets nobody in "
            "until one is named, or allow_any = true says that this is meant.",
        )
    ]
