"""`[plugins.auth_github]`: the OAuth app and who may log in (contract/CONFIG.md 2, contract/AUTH.md A10 and
B9).

Guarantees: what would let more people in than its author may have meant is an error, and no login.
"""

from typing import Annotated

import msgspec
from msgspec import Meta

from mestral import Secret

_BASE_URL = r"^https?://[^/\s?#@\\]+(/[^\s?#\\]*[^\s?#\\/])?$"
_ADDRESS = r"^(?=[!-~]+$)https?://[^/\s?#@\\]+(/[^\s#\\]*)?$"
_NAME = r"^[A-Za-z0-9_][A-Za-z0-9_-]*$"


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
            pattern=_NAME,
            description="Only members of this organisation may log in: its name as in its address, "
            "github.com/NAME.",
            extra={"env": "GITHUB_OAUTH_WHITELIST_ORGANIZATION"},
        ),
    ] = None
    team: Annotated[
        str | None,
        Meta(
            pattern=_NAME,
            description="Only members of this team of the organisation may log in: its name as in its "
            "address, github.com/orgs/ORGANISATION/teams/NAME.",
            extra={"env": "GITHUB_OAUTH_WHITELIST_TEAM"},
        ),
    ] = None
    allow_any: Annotated[
        bool, Meta(description="Let every GitHub account log in; otherwise an organisation must be named.")
    ] = False
    web_url: Annotated[
        str,
        Meta(
            pattern=_BASE_URL,
            description="Address of GitHub's pages, without a slash at its end; of a GitHub Enterprise "
            "Server https://HOST.",
        ),
    ] = "https://github.com"
    api_url: Annotated[
        str,
        Meta(
            pattern=_BASE_URL,
            description="Address of GitHub's API, without a slash at its end; of a GitHub Enterprise Server "
            "https://HOST/api/v3.",
        ),
    ] = "https://api.github.com"
    redirect_uris: Annotated[
        tuple[Annotated[str, Meta(pattern=_ADDRESS)], ...],
        Meta(
            description="Addresses that a GUI may give as redirect_uri with its code, each compared as a "
            "whole. The Autosubmit GUI gives none."
        ),
    ] = ()

    def __post_init__(self) -> None:
        if self.team and not self.organization:
            raise ValueError(
                f"team {self.team!r} needs the organization that it belongs to, as a team alone is no limit: "
                "set organization (or GITHUB_OAUTH_WHITELIST_ORGANIZATION) too, or remove team (or "
                "GITHUB_OAUTH_WHITELIST_TEAM)."
            )
        if self.allow_any and self.organization:
            raise ValueError(
                f"allow_any = true lets everybody in, and organization {self.organization!r} its members "
                "alone. Keep one of them."
            )


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
