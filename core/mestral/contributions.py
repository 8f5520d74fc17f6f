"""What plugins declare and what their hooks return: frozen Structs, nothing that runs.

Guarantees: importing this module imports neither Litestar nor SQLAlchemy. Fields may be added with a default
in later versions of the plugin API; none is removed or reordered without a new major version.
"""

from collections.abc import Callable, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any

import msgspec

API_VERSION = "0.1"
"""Version of the plugin API, which `Manifest.requires_api` is checked against."""

ENTRY_POINT_GROUP = "mestral.plugins"


class Access(StrEnum):
    """Who may use a route (DESIGN section 3). Mandatory for every route.

    PROTECTION_LEVEL maps it: ALL protects `read` and `operate`, WRITEONLY protects `operate`, NONE neither;
    `identified` always needs a token and `public` never does.
    """

    PUBLIC = "public"
    IDENTIFIED = "identified"
    READ = "read"
    OPERATE = "operate"


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What a plugin is, readable before any of its hooks is called.

    Attributes:
        name: Name of the plugin; equals its entry-point name; `^[a-z][a-z0-9_]*$`.
        version: Version of the plugin.
        summary: One sentence for `mestral plugins list`.
        requires_api: Range of plugin-API versions it works with, such as `>=0.1,<0.2` (PEP 440).
        requires: Names of plugins that must be active too.
        after: Names of plugins that are set up before this one when they are there.
        conflicts: Names of plugins that cannot be active beside this one.
        provides: Capability names, for people (`auth:cas`).
        modules: Import names of third-party modules it needs; looked up without importing them.
        extra: The extra of its distribution that brings `modules`: `pip install 'mestral[cas]'`.
        settings: The Struct of its `[plugins.<name>]` table; each field is a setting with a default.
        configured: Says what is missing for the plugin to be useful with these settings, None when nothing
            is: a first-party plugin is on by default only when this returns None.
    """

    name: str
    version: str
    summary: str
    requires_api: str
    requires: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    conflicts: tuple[str, ...] = ()
    provides: tuple[str, ...] = ()
    modules: tuple[str, ...] = ()
    extra: str | None = None
    settings: type[msgspec.Struct] | None = None
    configured: Callable[[Any], str | None] | None = None


class Routes(msgspec.Struct, frozen=True, kw_only=True):
    """HTTP routes of a plugin (returned by `mestral_routes`).

    Attributes:
        handlers: Litestar route handlers made by `mestral.http.get` and its siblings, which demand an access
            level and an operation id.
        prefix: Put before every path. None means `/x/<plugin>`; any other needs, for a third-party plugin,
            the deployer's `paths` in `[plugins.<name>]`.
    """

    handlers: tuple[Any, ...]
    prefix: str | None = None


class Service(msgspec.Struct, frozen=True, kw_only=True):
    """An implementation that a deployer can choose for a slot (returned by `mestral_services`).

    Attributes:
        slot: `<plugin>.<key>`, such as `experiments.source`: the setting `key` of `[plugins.<plugin>]` names
            the chosen service.
        name: The name the setting may hold, unique within the slot.
        factory: Import path `package.module:callable` of `callable(settings, state_dir)`, where settings is
            the validated settings Struct of the plugin that contributed the service (or None) and state_dir a
            Path. It is a path, not an object, because reader processes make the service again.
    """

    slot: str
    name: str
    factory: str


class HealthCheck(msgspec.Struct, frozen=True, kw_only=True):
    """A check shown in `/health/ready` as information (returned by `mestral_health_checks`).

    Attributes:
        name: Unique within the plugin.
        check: Async; returns None when all is well, else a sentence.
    """

    name: str
    check: Callable[[], Any]


class Demo(msgspec.Struct, frozen=True, kw_only=True):
    """Sample data prepared by a plugin for `mestral demo` (returned by `mestral_demo`).

    Attributes:
        settings: Dotted keys of the settings tree and their values, such as `plugins.experiments.rc_file`.
        open: Paths worth opening first, with a word on each.
    """

    settings: Mapping[str, Any]
    open: tuple[tuple[str, str], ...] = ()


class PluginContext(msgspec.Struct, frozen=True, kw_only=True):
    """What every hook gets.

    Attributes:
        plugin: Name of the plugin the hook belongs to.
        settings: Its validated settings Struct, None when it declares none.
        state_dir: Folder for what Mestral owns on this machine; exists, save for `mestral_services`, which is
            called also where settings are only checked.
    """

    plugin: str
    settings: Any
    state_dir: Path
