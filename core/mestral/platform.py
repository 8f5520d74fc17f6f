"""The assembled platform that handlers work with: one per app, never global.

Guarantees: made by `build_app` alone and immutable afterwards. Handlers get it by `platform_of(request)`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import msgspec

from mestral.settings.model import Settings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from litestar.connection import ASGIConnection

    from mestral.auth.attempts import Attempts
    from mestral.auth.audit import Audit
    from mestral.auth.logins import Logins
    from mestral.auth.once import Once
    from mestral.auth.personal import PersonalTokens
    from mestral.auth.policy import Policy
    from mestral.auth.sessions import Sessions
    from mestral.auth.throttle import Throttle
    from mestral.auth.tokens import Tokens
    from mestral.database.engine import Database
    from mestral.plugins import Plugins
    from mestral.readers import Readers


class Platform(msgspec.Struct, frozen=True, kw_only=True):
    """What core offers to the handlers of plugins.

    Attributes:
        settings: The settings tree.
        plugins: Every plugin found, with its state.
        readers: The reader processes and the cache of finished answers.
        tokens: Issues and checks tokens.
        personal_tokens: Those that people make for scripts.
        services: Chosen instance of every service slot: `services["experiments.source"]`.
        database: Mestral's own database.
        audit: The audit log.
        throttle: The rate limits.
        once: Words that count once.
        logins: The ways to log in.
        attempts: Logins on their way to a provider and back.
        sessions: Which tokens came from which session at a provider.
        policy: Who may operate what: `await platform.policy.require(request, "operate", expid)`.
    """

    settings: Settings
    plugins: Plugins
    readers: Readers
    tokens: Tokens
    personal_tokens: PersonalTokens
    services: Mapping[str, Any]
    database: Database
    audit: Audit
    throttle: Throttle
    once: Once
    logins: Logins
    attempts: Attempts
    sessions: Sessions
    policy: Policy


def platform_of(connection: ASGIConnection[Any, Any, Any, Any]) -> Platform:
    """The platform that serves this request."""
    return cast("Platform", connection.app.state.platform)
