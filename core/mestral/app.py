"""`build_app(settings)`: the one place where contributions become an app.

Guarantees: nothing global; two apps in one process share nothing. What a broken plugin breaks is its own. The
order of the steps is the order of the code below.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, closing
from typing import TYPE_CHECKING, Any

from litestar import Litestar, Router
from litestar.datastructures import State

from mestral import __version__
from mestral.auth.attempts import Attempts
from mestral.auth.audit import Audit
from mestral.auth.guard import access_guard
from mestral.auth.keys import signing_key
from mestral.auth.logins import Logins
from mestral.auth.once import Once
from mestral.auth.personal import PersonalTokens
from mestral.auth.policy import Policy
from mestral.auth.revocations import Revocations
from mestral.auth.sessions import Sessions
from mestral.auth.throttle import Throttle
from mestral.auth.tokens import Tokens
from mestral.database.engine import Database
from mestral.database.migrations import prepare
from mestral.http.core_routes import core_handlers, served_core_handlers
from mestral.http.errors import answer_exception
from mestral.http.frame import frame_config
from mestral.http.openapi import build_openapi
from mestral.http.outer import Outer
from mestral.http.responses import JSON
from mestral.http.status import Front
from mestral.http.tagged import Tagged
from mestral.platform import Platform
from mestral.plugins import PluginRecord, Plugins, ensure_startable, load_plugins
from mestral.plugins.health import log_problems
from mestral.readers import Readers, ReaderService
from mestral.settings import Settings, ensure_state_dir

if TYPE_CHECKING:  # what is off is not imported
    from mestral.http.metrics.registry import Metrics
    from mestral.telemetry.tracing import Tracing


def build_app(settings: Settings) -> Litestar:
    """Assemble the platform.

    Raises:
        SettingsError: The state folder, the signing key or the database cannot be used.
        PluginsError: A plugin is broken without which the deployer does not want to start.
    """
    ensure_state_dir(settings)
    key = signing_key(settings)
    plugins = load_plugins(settings, core_handlers=core_handlers())
    plugins.log_broken()
    plugins.make_instances()
    with closing(Database(settings)) as database:
        prepare(database, plugins.records)
    ensure_startable(plugins, settings)
    return assemble(settings, plugins, key)


def assemble(settings: Settings, plugins: Plugins, key: str) -> Litestar:
    """The app of plugins that are loaded; nothing is written and nothing runs before it is started."""
    metrics, tracing = _metrics(settings), _tracing(settings)
    observers = [
        *([metrics.jobs.observe] if metrics is not None else ()),
        *([tracing.job] if tracing is not None else ()),
    ]
    readers = Readers(settings, _reader_services(plugins), observers)
    if metrics is not None:
        metrics.watch(readers, plugins)
    platform = _platform(settings, plugins, readers, key)
    app = Litestar(
        [
            _router("core", "/", served_core_handlers(settings, plugins)),
            *_plugin_routers(plugins.active),
        ],
        debug=False,
        exception_handlers={Exception: answer_exception},
        guards=[access_guard(platform.tokens, settings.auth)],
        lifespan=[_lifespan(platform, tracing)],
        logging_config=None,
        openapi_config=frame_config("Mestral", __version__),
        request_max_body_size=settings.server.max_body_bytes,
        state=State(
            {
                "platform": platform,
                "metrics": metrics,
            }
        ),
    )
    app.state["openapi"] = Tagged(build_openapi(app, plugins.active, settings), JSON)
    app.asgi_handler = Outer(
        Front(app.asgi_handler),
        settings,
        app.routes,
        metrics=metrics.requests if metrics is not None else None,
        tracing=tracing,
    )
    return app


def _platform(settings: Settings, plugins: Plugins, readers: Readers, key: str) -> Platform:
    database = Database(settings)
    throttle, once = Throttle(database, settings.auth), Once(database)
    audit = Audit(database, throttle, settings.audit.days)
    personal = PersonalTokens(database)
    ids = [login.id for record in plugins.active for login in record.logins]
    tokens = Tokens(settings.auth, key, Revocations(database), personal, ids)
    sessions = Sessions(database, tokens)
    logins = Logins(settings.auth, plugins, tokens=tokens, sessions=sessions, audit=audit, throttle=throttle)
    return Platform(
        settings=settings,
        plugins=plugins,
        readers=readers,
        tokens=tokens,
        personal_tokens=personal,
        services=plugins.instances,
        database=database,
        audit=audit,
        throttle=throttle,
        once=once,
        logins=logins,
        attempts=Attempts(settings, key, once),
        sessions=sessions,
        policy=Policy(settings.auth, plugins, audit),
    )


def _metrics(settings: Settings) -> "Metrics | None":
    if settings.metrics.access == "off":
        return None
    from mestral.http.metrics.registry import Metrics

    return Metrics()


def _tracing(settings: Settings) -> "Tracing | None":
    if settings.telemetry.otlp_endpoint is None:
        return None
    from mestral.telemetry.tracing import Tracing

    return Tracing(settings.telemetry.otlp_endpoint)


def _reader_services(plugins: Plugins) -> dict[str, ReaderService]:
    return {
        slot: ReaderService(slot=slot, factory=service.factory, settings=record.settings)
        for slot, (service, record) in plugins.services.items()
    }


def _plugin_routers(records: Sequence[PluginRecord]) -> list[Router]:
    return [
        _router(record.name, routes.prefix or "/", routes.handlers)
        for record in records
        for routes in record.routes
    ]


def _router(plugin: str, prefix: str, handlers: Sequence[Any]) -> Router:
    return Router(path=prefix, route_handlers=handlers, tags=[plugin], opt={"plugin": plugin})


def _lifespan(platform: Platform, tracing: "Tracing | None") -> Any:
    """The app's one lifespan: it is the host's, so that every plugin is stopped whatever others do."""

    plugins, readers = platform.plugins, platform.readers

    @asynccontextmanager
    async def lifespan(_: Litestar) -> AsyncIterator[None]:
        try:
            if tracing is not None:
                tracing.start()
            await readers.start()
            await plugins.startup()
            platform.logins.warn_open()
            await log_problems(plugins)
            yield
        finally:
            try:
                await plugins.shutdown()
            finally:
                await readers.stop()
                platform.database.close()
                if tracing is not None:
                    await tracing.stop()

    return lifespan
