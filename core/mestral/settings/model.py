"""The settings tree: what can be set, with its type, unit, default and meaning.

Guarantees: a `Settings` value is valid by itself (every field checked by `load_settings`); nothing here reads
a file or the environment. Field docs and limits live in `Meta`, from where errors, docs and the schema take
them. A field's `Meta(extra={"env": NAME})` names the variable of Autosubmit API that also sets it
(contract/CONFIG.md 2). No text of a Struct here shows a secret.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from mestral.settings.access import AuditSettings, AuthSettings, DatabaseSettings
from mestral.settings.secret import Secret


class ServerSettings(msgspec.Struct, frozen=True, kw_only=True):
    """`[server]`: where `mestral serve` listens and what it accepts."""

    host: Annotated[
        str, Meta(description="Address to listen on; 0.0.0.0 when only the variable PORT says where.")
    ] = "127.0.0.1"
    port: Annotated[
        int, Meta(ge=0, le=65535, description="TCP port; 0 lets the system choose.", extra={"env": "PORT"})
    ] = 8000
    uds: Annotated[
        Path | None, Meta(description="Path of a unix socket to listen on instead of host and port.")
    ] = None
    uds_mode: Annotated[
        str,
        Meta(pattern="^0?[0-7]{3}$", description='Permissions of that socket, octal in quotes: "0660".'),
    ] = "0660"
    root_path: Annotated[
        str,
        Meta(
            pattern=r"^(/[^/?#\s]+)*$",
            description="Public path prefix behind a proxy, such as /api; no slash at its end.",
            extra={"env": "AS_API_ROOT_PATH"},
        ),
    ] = ""
    public_url: Annotated[
        str | None,
        Meta(
            pattern=r"^https?://[^/?#\s]+(/[^/?#\s]+)*$",
            description="Address by which clients reach this server, such as https://hub.example.org/api; "
            "its path is the root_path.",
        ),
    ] = None
    allowed_hosts: Annotated[
        tuple[Annotated[str, Meta(pattern=r"^(\*|(\*\.)?[\w-]+(\.[\w-]+)*|\[[0-9A-Fa-f:.]+\])$")], ...],
        Meta(
            description="Hosts that requests may name, without port, such as example.org, *.example.org or "
            "[::1]; others: 400. None: any."
        ),
    ] = ()
    max_requests: Annotated[
        int, Meta(ge=1, description="Requests answered at once; beyond it: 503. Health checks do not count.")
    ] = 1000
    max_requests_per_client: Annotated[
        Annotated[int, Meta(ge=1)] | None,
        Meta(description="The same for one client address; beyond it: 429. Absent: no limit."),
    ] = None
    head_seconds: Annotated[
        float, Meta(gt=0, description="Seconds until the headers of a request are there, else it is hung up.")
    ] = 20.0
    request_seconds: Annotated[
        float,
        Meta(
            gt=0,
            description="Seconds until an answer must begin, else 503; more than readers.time_seconds, "
            "because answers wait for a reader.",
        ),
    ] = 150.0
    max_body_bytes: Annotated[
        int, Meta(ge=1024, description="Largest request body in bytes; beyond it: 413.")
    ] = 1024 * 1024
    forwarded_allow_ips: Annotated[
        str,
        Meta(
            description="Comma-separated proxies whose X-Forwarded-* headers are trusted; on a unix socket "
            "they always are.",
            extra={"env": "FORWARDED_ALLOW_IPS"},
        ),
    ] = "127.0.0.1"
    shutdown_seconds: Annotated[
        int, Meta(ge=0, description="Seconds that requests in flight get to finish when the server stops.")
    ] = 30
    several_fronts: Annotated[
        bool,
        Meta(
            description="Other fronts answer behind the same proxy: auth.secret_key must then be set, and "
            "be the same for all."
        ),
    ] = False
    docs: Annotated[
        bool, Meta(description="Serve the documentation pages /docs and /redoc to everybody.")
    ] = True


class HttpSettings(msgspec.Struct, frozen=True, kw_only=True):
    """`[http]`: rules for every answer."""

    cors_origins: Annotated[
        tuple[str, ...],
        Meta(
            description="Browser origins that may call, as https://host[:port]; none or `*`: any may read, "
            "never with credentials."
        ),
    ] = ()
    access_log: Annotated[bool, Meta(description="Write one line per request to the log.")] = True
    compression: Annotated[
        tuple[Literal["zstd", "gzip"], ...],
        Meta(description="Content codings for clients that accept them, the best first; none: as it is."),
    ] = ("zstd", "gzip")


class ReaderSettings(msgspec.Struct, frozen=True, kw_only=True):
    """`[readers]`: the processes that parse and render."""

    count: Annotated[
        Annotated[int, Meta(ge=1, le=64)] | None,
        Meta(description="Reader processes; absent: processor cores - 1, at least 1."),
    ] = None
    time_seconds: Annotated[
        float, Meta(gt=0, description="Seconds one rendering may take; then the reader is replaced: 503.")
    ] = 120.0
    memory_bytes: Annotated[
        int, Meta(ge=128 * 1024 * 1024, description="Address space of one reader in bytes; beyond it: 503.")
    ] = 4 * 1024**3
    recycle_bytes: Annotated[
        int,
        Meta(
            ge=64 * 1024 * 1024,
            description="Resident bytes after which a reader is renewed; parsed copies take 5/16 of it.",
        ),
    ] = 512 * 1024**2
    idle_seconds: Annotated[
        float,
        Meta(gt=0, description="Idle seconds after which a reader above recycle_bytes / 2 is renewed."),
    ] = 60.0
    cache_bytes: Annotated[
        int, Meta(ge=0, description="Bytes of finished answers kept by the front process.")
    ] = 32 * 1024**2


class MetricsSettings(msgspec.Struct, frozen=True, kw_only=True):
    """`[metrics]`: what `/metrics` tells Prometheus."""

    access: Annotated[
        Literal["off", "identified", "public"],
        Meta(
            description="Who may read /metrics: identified demands a token at every protection level; off: "
            "there is no such page, and nothing is counted."
        ),
    ] = "identified"
    token: Annotated[
        Secret | None,
        Meta(description="A bearer token for whoever collects the metrics; it opens /metrics and no more."),
    ] = None


LogLevel = Literal["DEBUG", "INFO", "WARNING", "ERROR"]


class LogSettings(msgspec.Struct, frozen=True, kw_only=True):
    """`[log]`: what is written to standard error, by every process of the server."""

    format: Annotated[
        Literal["text", "json"], Meta(description="Lines for people, or one JSON object per line.")
    ] = "text"
    level: Annotated[LogLevel, Meta(description="The least severe records that are written.")] = "INFO"
    levels: Annotated[
        dict[str, LogLevel],
        Meta(description="The same for single plugins or loggers, by name, such as experiments."),
    ] = {}


class TelemetrySettings(msgspec.Struct, frozen=True, kw_only=True):
    """`[telemetry]`: traces of requests, by OpenTelemetry (`pip install 'mestral[otel]'`)."""

    otlp_endpoint: Annotated[
        str | None,
        Meta(
            pattern=r"^https?://[^/?#\s]+(/[^/?#\s]+)*/?$",
            description="Address of a collector that takes OTLP over HTTP, such as http://localhost:4318; "
            "absent: no traces. The other OTEL_* variables hold.",
            extra={"env": "OTEL_EXPORTER_OTLP_ENDPOINT"},
        ),
    ] = None


class PluginsSettings(msgspec.Struct, frozen=True, kw_only=True):
    """`[plugins]`: which plugins are used.

    `tables` holds every `[plugins.<name>]` as it was written. The keys `required` and `paths` of a plugin's
    table belong to core: see `PluginOptions`.
    """

    enabled: Annotated[
        tuple[str, ...], Meta(description="Plugins to use beside the default ones, in this order.")
    ] = ()
    disabled: Annotated[tuple[str, ...], Meta(description="Plugins not to use.")] = ()
    only: Annotated[
        tuple[str, ...] | None,
        Meta(description="Use these plugins alone, in this order; replaces enabled and the default ones."),
    ] = None
    dir: Annotated[
        Path | None,
        Meta(description="Folder of local plugins, used too: each NAME.py or package NAME in it is one."),
    ] = None
    objects: Annotated[
        dict[str, Annotated[str, Meta(pattern=r"^[\w.]+:[\w.]+$")]],
        Meta(description="Plugins used too, by name, each as module:object of what can be imported."),
    ] = {}
    on_error: Annotated[
        Literal["degrade", "fail"],
        Meta(
            description="degrade: start without a broken plugin; fail: refuse to start. One that is degraded "
            "serves, and is no reason to refuse."
        ),
    ] = "degrade"
    slow_seconds: Annotated[
        float, Meta(gt=0, description="Seconds after which a step of a plugin is reported as slow.")
    ] = 2.0
    step_seconds: Annotated[
        float,
        Meta(gt=0, description="Seconds one step of loading or starting a plugin may take; then it fails."),
    ] = 10.0
    tables: Annotated[dict[str, dict[str, "Value"]], Meta(extra={"setting": False})] = {}


class PluginOptions(msgspec.Struct, frozen=True, kw_only=True):
    """The part of a `[plugins.<name>]` table that core reads for every plugin."""

    required: Annotated[bool, Meta(description="Refuse to start when this plugin is not active.")] = False
    paths: Annotated[
        tuple[str, ...], Meta(description="Path prefixes a third-party plugin may claim beside /x/<plugin>.")
    ] = ()


class Value(msgspec.Struct, frozen=True):
    """One setting as it was written: the raw value and where it was written.

    Attributes:
        raw: A TOML value; a text when it comes from the environment or the command line. A table may hold
            `Value`s where a key inside it was written elsewhere than the table.
        origin: For people: `mestral.toml: [plugins.x] key`, `environment variable X`, `command line --port`.
        source: The kind of place. A text that is not from a file is converted by the type of its setting.
    """

    raw: Any
    origin: str
    source: Literal["file", "environment", "command line"] = "file"

    def __repr__(self) -> str:
        return f"Value({self.origin})"  # raw may be a secret: only its type knows


class Environment(dict[str, str]):
    """Environment variables, many of them secret: its text shows none of them."""

    def __repr__(self) -> str:
        return f"<{len(self)} environment variables>"


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """Everything `build_app` needs. Made by `load_settings`.

    Attributes:
        environ: The environment as it was when the settings were loaded, for plugins' own variables.
        origins: Dotted key of every core setting that was written somewhere, and where.
        config_file: The mestral.toml that was read; None when there is none.
        findings: Warnings and notes about core settings (errors are raised).
    """

    state_dir: Annotated[
        Path,
        Meta(description="Folder on a local disk for what Mestral owns: keys, sockets, copies, databases."),
    ]
    server: ServerSettings = ServerSettings()
    auth: AuthSettings = AuthSettings()
    audit: AuditSettings = AuditSettings()
    database: DatabaseSettings = DatabaseSettings()
    http: HttpSettings = HttpSettings()
    readers: ReaderSettings = ReaderSettings()
    metrics: MetricsSettings = MetricsSettings()
    log: LogSettings = LogSettings()
    telemetry: TelemetrySettings = TelemetrySettings()
    plugins: PluginsSettings = PluginsSettings()
    environ: Mapping[str, str] = {}
    origins: Mapping[str, str] = {}
    config_file: Path | None = None
    findings: tuple["Finding", ...] = ()


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """Something a deployer should know about a setting.

    Attributes:
        level: `error` refuses the setting, `warning` and `note` do not.
        where: File and table, environment variable, or command-line option.
        key: Dotted key, such as `server.port`.
        message: What is wrong, with the value (secrets masked), what is allowed and what to do.
        plugin: The plugin whose table it concerns; None for core.
    """

    level: Literal["error", "warning", "note"]
    where: str
    key: str
    message: str
    plugin: str | None = None

    @property
    def line(self) -> str:
        """All of it in one line, for people."""
        return f"{self.where}: {self.message}"


class SettingsError(Exception):
    """Settings that cannot be used; its text lists every error.

    Attributes:
        findings: Everything that was found: errors, and warnings and notes beside them.
        settings: The settings with every wrong value at its default, to go on checking with; None when not
            even a state folder can be told.
    """

    def __init__(self, findings: tuple[Finding, ...], settings: Settings | None = None) -> None:
        errors = [finding.line for finding in findings if finding.level == "error"]
        count = "1 setting is wrong" if len(errors) == 1 else f"{len(errors)} settings are wrong"
        super().__init__("\n  ".join([f"{count}:", *errors]))
        self.findings = findings
        self.settings = settings
