"""What is known about one plugin: the states it can end in, and its record.

Guarantees: a record holds no behaviour of the plugin itself but its object; every state other than `active`
comes with a sentence for the deployer. A record that ended (any state but active and degraded) contributes
nothing.
"""

from enum import StrEnum
from pathlib import Path
from typing import Any, NoReturn

import msgspec

from mestral.contributions import (
    Clients,
    HealthCheck,
    LoginBackend,
    Manifest,
    Migrations,
    Routes,
    Service,
    StatusSection,
)
from mestral.settings.model import PluginOptions

FIRST_PARTY = "mestral"
"""The distribution whose plugins are on by default and may use any path."""


class State(StrEnum):
    """How a plugin ended."""

    ACTIVE = "active"
    """Everything it contributes is served."""
    DEGRADED = "degraded"
    """It serves, but something is missing or broke while serving."""
    DISABLED = "disabled"
    """The deployer switched it off."""
    AVAILABLE = "available"
    """Installed, and waiting for the deployer to enable or configure it."""
    UNAVAILABLE = "unavailable"
    """Something it needs is not installed or not in use."""
    INCOMPATIBLE = "incompatible"
    """Made for another version of the plugin API."""
    MISCONFIGURED = "misconfigured"
    """Its settings are wrong or missing."""
    CONFLICTED = "conflicted"
    """It claims what core or another plugin has."""
    FAILED = "failed"
    """It raised, hung, or breaks a rule of the plugin API."""


SERVING = frozenset({State.ACTIVE, State.DEGRADED})


class PluginRecord(msgspec.Struct, kw_only=True, eq=False):
    """One plugin and what became of it. Filled by the steps of the pipeline, in order.

    Attributes:
        name: Name of its entry point.
        distribution: Name and version of the distribution that offers it; for a local plugin the setting that
            does, such as `plugins.dir (ticker.py)`; empty when nobody does.
        entry_point: Value of its entry point, such as `mestral_auth_cas:plugin`.
        folder: `plugins.dir` for a plugin from there, else None.
        local: Whether the deployer offers it (`plugins.dir`, `plugins.objects`) and no distribution.
        named: Whether the deployer asked for it: local, or named in `plugins.enabled`, `plugins.only`, or
            required in its table.
        wanted: Whether it is to be used: named, or first-party with all it needs.
        state: Active until a step says otherwise.
        reason: Why it is in this state and what to do, in one or two sentences; empty when active.
        because_of: Name of the plugin that is the cause when it is not this one.
        object: What the entry point names; None until it is imported.
        manifest: What the plugin says about itself; None until it is imported.
        options: The keys of its table that core reads.
        settings: Its validated settings; None when it declares none or they are wrong.
        origins: Key of each of its settings that is not at its default, and where that was set.
        hooks: Names of the hooks it implements.
        services, routes, health_checks, status_sections, logins, clients, migrations: Its contributions;
            every prefix of `routes` is resolved to a text, and those of its logins are among them.
        seconds: Step of the pipeline, and the seconds it took.
    """

    name: str
    distribution: str = ""
    entry_point: str = ""
    folder: Path | None = None
    local: bool = False
    named: bool = False
    wanted: bool = False
    state: State = State.ACTIVE
    reason: str = ""
    because_of: str = ""
    object: Any = None
    manifest: Manifest | None = None
    options: PluginOptions = PluginOptions()
    settings: msgspec.Struct | None = None
    origins: dict[str, str] = {}
    hooks: tuple[str, ...] = ()
    services: tuple[Service, ...] = ()
    routes: tuple[Routes, ...] = ()
    health_checks: tuple[HealthCheck, ...] = ()
    status_sections: tuple[StatusSection, ...] = ()
    logins: tuple[LoginBackend, ...] = ()
    clients: tuple[Clients, ...] = ()
    migrations: Migrations | None = None
    seconds: dict[str, float] = {}

    @property
    def serves(self) -> bool:
        """Whether it takes part: active, or degraded."""
        return self.state in SERVING

    @property
    def first_party(self) -> bool:
        """Whether it comes with Mestral itself."""
        return self.project == FIRST_PARTY

    @property
    def project(self) -> str:
        """Name of its distribution without the version."""
        return self.distribution.partition(" ")[0]

    def end(self, state: State, reason: str, *, because_of: str = "") -> None:
        """Take it out: it contributes nothing from here on."""
        self.state, self.reason, self.because_of = state, reason, because_of
        self.services, self.routes, self.health_checks, self.status_sections = (), (), (), ()
        self.logins, self.clients, self.migrations = (), (), None

    def degrade(self, reason: str) -> None:
        """It goes on serving with less than it should; the reasons add up."""
        self.state, self.reason = State.DEGRADED, f"{self.reason} {reason}".strip()


class Refused(Exception):  # noqa: N818 - a verdict of a step
    """A step's verdict that a plugin cannot be used.

    Args:
        state: The state it ends in.
        reason: Why and what to do, for the deployer.
    """

    def __init__(self, state: State, reason: str) -> None:
        super().__init__(reason)
        self.state = state
        self.reason = reason


def fail(reason: str) -> NoReturn:
    """The plugin breaks a rule of the plugin API: raise that verdict."""
    raise Refused(State.FAILED, reason)
