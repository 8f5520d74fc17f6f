"""The hook catalogue: everything a plugin can do, on one page.

Two kinds, fixed per hook. *Collect* hooks are sync, pure and fast and return contributions; they run once,
before the event loop. *Run-time* hooks are async. Every hook is called plugin by plugin: one that raises
changes the state of its own plugin and never stops another. An implementation may leave out arguments.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pluggy

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mestral.auth.identity import Identity
    from mestral.contributions import (
        Clients,
        Decision,
        Demo,
        HealthCheck,
        LoginBackend,
        Migrations,
        PluginContext,
        Routes,
        Service,
        StatusSection,
    )

hookspec = pluggy.HookspecMarker("mestral")
hookimpl = pluggy.HookimplMarker("mestral")


class Hooks:
    """Each method is a hook; a plugin object implements those it needs, marked with `@hookimpl`."""

    @hookspec
    def mestral_routes(self, context: PluginContext) -> Sequence[Routes]:  # type: ignore[empty-body]
        """Contribute HTTP routes.

        Called: once, while the app is built. Kind: collect. Returns: `Routes`, possibly none.
        If it raises: the plugin is `failed`, none of its contributions is used. Since: 0.1.
        """

    @hookspec
    def mestral_services(self, context: PluginContext) -> Sequence[Service]:  # type: ignore[empty-body]
        """Contribute implementations for service slots.

        Called: once, before routes are collected. Kind: collect. Returns: `Service`, possibly none.
        If it raises: the plugin is `failed`. Since: 0.1.
        """

    @hookspec
    def mestral_health_checks(self, context: PluginContext) -> Sequence[HealthCheck]:  # type: ignore[empty-body]
        """Contribute health checks, shown in `/health/ready`; those about a setting also by `config check`.

        Called: once, before routes are collected. Kind: collect. Returns: `HealthCheck`, possibly none.
        If it raises: the plugin is `failed`. Since: 0.1.
        """

    @hookspec
    def mestral_login_backends(self, context: PluginContext) -> Sequence[LoginBackend]:  # type: ignore[empty-body]
        """Contribute ways to log in; core makes their routes.

        Called: once, before routes are collected. Kind: collect. Returns: `LoginBackend`, possibly none.
        If it raises: the plugin is `failed`. Since: 0.1.
        """

    @hookspec
    def mestral_clients(self, context: PluginContext) -> Sequence[Clients]:  # type: ignore[empty-body]
        """Contribute lists of pages that may have their visitors logged in, beside `auth.clients`.

        Called: once, before routes are collected. Kind: collect. Returns: `Clients`, possibly none.
        If it raises: the plugin is `failed`. Since: 0.1.
        """

    @hookspec
    def mestral_migrations(self, context: PluginContext) -> Migrations:  # type: ignore[empty-body]
        """Contribute tables to Mestral's own database.

        Called: once, before routes are collected. Kind: collect. Returns: `Migrations`.
        If it raises: the plugin is `failed`; if its tables cannot be made, it is `degraded`. Since: 0.1.
        """

    @hookspec
    async def mestral_decide(  # type: ignore[empty-body]
        self, context: PluginContext, identity: Identity | None, action: str, expid: str
    ) -> Decision:
        """Say whether somebody may do something; one `DENY` outweighs every `ALLOW`.

        Called: before each action (`operate`) on an experiment (`expid` as the client named it), or on none
        (an empty one); `identity` is None for the anonymous where `auth.operate` lets everybody. Also by
        `mestral auth explain`, where nothing was started. Kind: run-time; answers within a second. Returns:
        `Decision`, `ABSTAIN` when it has nothing to say.
        If it raises, takes too long, or the plugin is broken: it counts as `DENY`, and is logged. Since: 0.1.
        """

    @hookspec
    def mestral_status_sections(self, context: PluginContext) -> Sequence[StatusSection]:  # type: ignore[empty-body]
        """Contribute sections of the status page, which core shows at `/` in a browser.

        Called: once, after routes were collected. Kind: collect. Returns: `StatusSection`, possibly none.
        If it raises: the plugin is `failed`. Since: 0.1.
        """

    @hookspec
    def mestral_demo(self, context: PluginContext, directory: Path) -> Demo:  # type: ignore[empty-body]
        """Prepare sample data in an empty scratch directory for `mestral demo`.

        Called: once, by that command alone. Kind: collect (it may write into `directory`). Returns: `Demo`.
        If it raises: the demo starts without this plugin's data and says so. Since: 0.1.
        """

    @hookspec
    async def mestral_startup(self, context: PluginContext) -> None:
        """Open what the plugin needs while serving.

        Called: once per front, inside the event loop, before the first request. Kind: run-time.
        If it raises: the plugin is `degraded`, the others start. Since: 0.1.
        """

    @hookspec
    async def mestral_shutdown(self, context: PluginContext) -> None:
        """Close it again.

        Called: once per front, also when start-up failed half-way. Kind: run-time.
        If it raises: it is logged, the others shut down. Since: 0.1.
        """
