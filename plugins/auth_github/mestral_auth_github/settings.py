"""`[plugins.auth_github]`: the OAuth app and who may log in (contract/CONFIG.md 2, contract/AUTH.md A10 and
B9)."""

from typing import Annotated

import msgspec
from msgspec import Meta

from mestral import Secret


class GithubSettings(msgspec.Struct, frozen=True, kw_only=True):
    """The OAuth app, and the organisation and team whose members may log in."""

    client_id: Annotated[
        str | None,
        Meta(description="Client id of the GitHub OAuth app.", extra={"env": "GITHUB_OAUTH_CLIENT_ID"}),
    ] = None
    client_secret: Annotated[
        Secret | None,
        Meta(
            description="Client secret of the GitHub OAuth app.", extra={"env": "GITHUB_OAUTH_CLIENT_SECRET"}
        ),
    ] = None
    organization: Annotated[
        str | None,
        Meta(
            description="Only members of this organisation may log in.",
            extra={"env": "GITHUB_OAUTH_WHITELIST_ORGANIZATION"},
        ),
    ] = None
    team: Annotated[
        str | None,
        Meta(
            description="Only members of this team of the organisation may log in.",
            extra={"env": "GITHUB_OAUTH_WHITELIST_TEAM"},
        ),
    ] = None
    allow_any: Annotated[
        bool, Meta(description="Let every GitHub account log in; otherwise an organisation must be named.")
    ] = False


def missing(settings: GithubSettings) -> str | None:
    """What is missing for a login by GitHub; None when nothing is. Nobody named means nobody may log in."""
    absent = [
        f"{key} (or {variable})"
        for key, variable, value in (
            ("client_id", "GITHUB_OAUTH_CLIENT_ID", settings.client_id),
            ("client_secret", "GITHUB_OAUTH_CLIENT_SECRET", settings.client_secret),
        )
        if not value
    ]
    if absent:
        return f"It needs a GitHub OAuth app: set {' and '.join(absent)} in [plugins.auth_github]."
    if not settings.organization and not settings.allow_any:
        return (
            "It must know who may log in: set organization (or GITHUB_OAUTH_WHITELIST_ORGANIZATION), or "
            "allow_any = true, in [plugins.auth_github]."
        )
    return None
