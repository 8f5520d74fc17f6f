"""What plugins declare and what their hooks return: frozen Structs, nothing that runs.

Guarantees: importing this module imports neither Litestar nor SQLAlchemy. Fields may be added with a default
in later versions of the plugin API; none is removed or reordered without a new major version.
"""

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import msgspec

if TYPE_CHECKING:
    from mestral.platform import Platform

API_VERSION = "0.1"
"""Version of the plugin API, which `Manifest.requires_api` is checked against."""

ENTRY_POINT_GROUP = "mestral.plugins"

_PATH = re.compile(r"/(?:[!#-.0-\[\]-~][!#-\[\]-~]*)?")  # ASCII; neither `//` nor a backslash at its start


class Access(StrEnum):
    """Who may use a route. Mandatory for every route.

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
        migration: Import path `package.module:function` of `function(settings, environ)`, which returns what
            `mestral migrate check` reports: `Migrated` for everything of an Autosubmit API environment that
            concerns this plugin, beyond the variables that its settings name. Asked in every state of the
            plugin; settings is None when they are wrong. It writes nothing.
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
    migration: str | None = None


class Routes(msgspec.Struct, frozen=True, kw_only=True):
    """HTTP routes of a plugin (returned by `mestral_routes`).

    Attributes:
        handlers: Litestar route handlers made by `mestral.http.get` and its siblings, which demand an access
            level and an operation id.
        prefix: Put before every path. None means `/x/<plugin>`; any other needs, for a third-party plugin,
            the deployer's `paths` in `[plugins.<name>]`.
        examples: JSON file of examples for the OpenAPI document, `{operation id: [{"summary": ...,
            "parameters": {name: value}, "status": 200, "answer": body}]}`; None without.
    """

    handlers: tuple[Any, ...]
    prefix: str | None = None
    examples: Path | None = None


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


class Principal(msgspec.Struct, frozen=True, kw_only=True):
    """Whom a login vouches for, within its own provider.

    Attributes:
        subject: Stable id of the person there, never reused: a number rather than a name where there is one.
        username: Name to show, and what rules of the deployer may name.
        groups: Groups that the provider tells, for rules of the deployer.
        session: The provider's id of this session when it may end it for everybody (CAS single logout);
            empty when it does not.
    """

    subject: str
    username: str
    groups: tuple[str, ...] = ()
    session: str = ""


class LoginAttempt(msgspec.Struct, frozen=True, kw_only=True):
    """One way to the provider and back, bound to one browser. Core makes it and keeps it until the way back.

    Attributes:
        callback: Address of this server to which the provider is to send the browser, without state. Empty
            for logins that are no redirect.
        state: To be given to the provider and come back from it; core compares it.
        nonce: For the id token of OpenID Connect; the backend compares it.
        verifier: Of PKCE (RFC 7636), for the exchange of the code.
    """

    callback: str = ""
    state: str = ""
    nonce: str = ""
    verifier: str = ""

    @property
    def challenge(self) -> str:
        """The verifier's S256 challenge."""
        from base64 import urlsafe_b64encode
        from hashlib import sha256

        return urlsafe_b64encode(sha256(self.verifier.encode()).digest()).rstrip(b"=").decode()


class LoginBackend(msgspec.Struct, frozen=True, kw_only=True):
    """A way to log in (returned by `mestral_login_backends`).

    Core makes its routes below `/v4/auth/<id>`, issues the token, writes the audit log and limits the rate:

    - `redirect`: GET `start` sends the browser to what `begin` returns, GET `callback` gives what came back
      to `finish`;
    - `password`: POST `login` gives `username` and `password` to `finish`;
    - `header`: POST `login` gives the headers of the request to `finish`, names in lower case. Only behind a
      proxy that sets them and lets none through.

    Attributes:
        id: In paths and identities: `^[a-z][a-z0-9-]*$`, unique over all plugins.
        display_name: For a button: `GitHub`.
        kind: How it works.
        finish: Async; says whom it is from what was presented. Raises `LoginRefused` when it is nobody, or
            `Problem` (502, 503) when the provider does not do its part.
        begin: Async; the address at the provider to which the browser is sent. For `redirect` alone.
    """

    id: str
    display_name: str
    kind: Literal["redirect", "password", "header"]
    finish: "Callable[[LoginAttempt, Mapping[str, str]], Awaitable[Principal]]"
    begin: "Callable[[LoginAttempt], Awaitable[str]] | None" = None


class Clients(msgspec.Struct, frozen=True, kw_only=True):
    """Addresses of pages that may have their visitors logged in (returned by `mestral_clients`).

    Attributes:
        read: Returns the addresses as they are now, such as `https://gui.example.org/app/`; asked at every
            login, so it answers from what is kept. `*` stands for any page, for logins of today's GUI alone.
    """

    read: Callable[[], Sequence[str]]


class Decision(StrEnum):
    """What a plugin says of an action (`mestral_decide`)."""

    ALLOW = "allow"
    DENY = "deny"
    ABSTAIN = "abstain"


class Migrations(msgspec.Struct, frozen=True, kw_only=True):
    """Tables of a plugin in Mestral's own database (returned by `mestral_migrations`).

    Attributes:
        folder: Revisions of alembic: `0001_what.py`, each with `revision` as its number. The names of tables
            begin with `<plugin>_`.
    """

    folder: Path


class HealthCheck(msgspec.Struct, frozen=True, kw_only=True):
    """A check shown in `/health/ready` as information (returned by `mestral_health_checks`).

    Attributes:
        name: Unique within the plugin.
        check: Async; returns None when all is well, else a sentence saying what is wrong and what to do. It
            is for the deployer and may name paths: `/health/ready` shows it with a token only.
        setting: The setting of the plugin that names what is looked at, where there is one. The check is then
            also run where nothing is started, by `mestral config check` (a sentence is an error there) and
            `mestral plugins`, so it must do without `mestral_startup`.
    """

    name: str
    check: Callable[[], Any]
    setting: str | None = None


class Link(msgspec.Struct, frozen=True):
    """A link of the status page.

    Attributes:
        text: What is shown.
        path: Path on this server, below its root path, percent-encoded, with its query if any:
            `/v4/experiments/a000`.

    Raises:
        ValueError: The path could lead elsewhere.
    """

    text: str
    path: str

    def __post_init__(self) -> None:
        if not _PATH.fullmatch(self.path):
            raise ValueError(f"{self.path!r} is not a percent-encoded path that starts with one slash")


class Mark(msgspec.Struct, frozen=True):
    """A word that says how something is, shown with a sign and a colour of its level."""

    text: str
    level: Literal["good", "warning", "bad", "off"]


class StatusTable(msgspec.Struct, frozen=True, kw_only=True):
    """What a section of the status page shows. Everything in it is text: no markup.

    Attributes:
        text: A sentence or two above the table.
        columns: Headings of the table. The first cell of a row names the row.
        rows: The table; without rows only `text` and `links` are shown.
        links: Shown below it.
    """

    text: str
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[str | int | Link | Mark, ...], ...] = ()
    links: tuple[Link, ...] = ()


class StatusSection(msgspec.Struct, frozen=True, kw_only=True):
    """A section of the status page (returned by `mestral_status_sections`).

    Attributes:
        title: Its heading.
        render: Async; called for every view of the page, so it answers in milliseconds, from what is kept
            (`platform.readers.body`). One that raises or takes too long costs its own section.
        access: Who sees it: those who could use a route of this access level.
    """

    title: str
    render: "Callable[[Platform], Awaitable[StatusTable]]"
    access: Access = Access.READ


class Demo(msgspec.Struct, frozen=True, kw_only=True):
    """Sample data prepared by a plugin for `mestral demo` (returned by `mestral_demo`).

    Attributes:
        settings: Dotted keys of the settings tree and their values, such as `plugins.experiments.rc_file`.
        open: Paths worth opening first, with a word on each.
    """

    settings: Mapping[str, Any]
    open: tuple[tuple[str, str], ...] = ()


class Verdict(StrEnum):
    """What `mestral migrate check` says of one thing, the worst first."""

    UNREADABLE = "unreadable"
    """It cannot be read, so nothing is known of what it says."""
    UNSAFE = "unsafe"
    """As it is, somebody may do what they must not."""
    DECIDE = "decide"
    """It cannot go on as it is: somebody has to decide."""
    DIFFERS = "differs"
    """It is used, and Mestral behaves otherwise than Autosubmit API."""
    USED = "used"
    """It is used, as before."""
    IGNORED = "ignored"
    """It has no effect."""


class Migrated(msgspec.Struct, frozen=True, kw_only=True):
    """One thing of an Autosubmit API environment, and what becomes of it.

    Attributes:
        verdict: What becomes of it.
        name: The variable, or section and key: `SECRET_KEY`, `[database] path`, `RUNNERS`.
        where: Where it stands: a file, or `environment`.
        value: For people; masked when it is secret, empty when there is none.
        setting: Dotted key of the setting of Mestral that it sets; empty when none.
        message: Why, and what to do; empty when `used` says all.
    """

    verdict: Verdict
    name: str
    where: str
    value: str = ""
    setting: str = ""
    message: str = ""


class PluginContext(msgspec.Struct, frozen=True, kw_only=True):
    """What every hook gets.

    Attributes:
        plugin: Name of the plugin the hook belongs to.
        settings: Its validated settings Struct, None when it declares none.
        state_dir: Folder for what Mestral owns on this machine. It exists where the platform is served; hooks
            that return contributions are also called where it is only looked at, and write nothing.
        services: The chosen instance of every service slot. They are made when all plugins are loaded: a
            collect hook may keep this mapping and finds nothing in it yet.
    """

    plugin: str
    settings: Any
    state_dir: Path
    services: Mapping[str, Any]
