"""Where logging is set up: formats, levels, and which loggers are whose.

Guarantees: `configure` is the only place that touches the root logger. It is for a process that is Mestral's
own (the front, a reader, a command); nothing else calls it, so that an app inside another program logs as
that program wants.
"""

import logging
import sys
from collections import Counter
from collections.abc import Mapping

import msgspec

from mestral.logs.formats import JsonFormat, TextFormat
from mestral.settings.model import LogSettings, Settings

_QUIET = ("alembic", "httpcore", "httpx", "httpx2", "urllib3")
"""Loggers that say too much: the address of every request they send, tickets and codes of logins included; or
each step of an upgrade."""


class LogSetup(msgspec.Struct, frozen=True, kw_only=True):
    """What `configure` needs, in this process and in those it starts.

    Attributes:
        format, level: As in `LogSettings`.
        levels: Level by name of the logger.
        plugins: First part of the names of a plugin's loggers, and the plugin.
    """

    format: str = "text"
    level: str = "INFO"
    levels: Mapping[str, str] = {}
    plugins: Mapping[str, str] = {}


_in_force = LogSetup(level="WARNING")  # what Python does by itself


def setup_of(settings: Settings) -> LogSetup:
    """What the deployer chose; the plugins are found by metadata, none is imported."""
    from mestral.plugins.discover import discover

    modules = {record.name: record.entry_point.partition(":")[0] for record in discover(settings.plugins)[0]}
    packages = Counter(module.partition(".")[0] for module in modules.values())
    loggers: dict[str, str] = {}
    for plugin, module in modules.items():
        package = module.partition(".")[0]
        loggers[package if packages[package] == 1 else module] = plugin
    of_plugin = {plugin: logger for logger, plugin in loggers.items()}
    log: LogSettings = settings.log
    return LogSetup(
        format=log.format,
        level=log.level,
        levels={of_plugin.get(name, name): level for name, level in log.levels.items()},
        plugins=loggers,
    )


def configure(setup: LogSetup, process: str = "") -> None:
    """Log to standard error from here on, uvicorn's records and Python's warnings included.

    Args:
        setup: Formats and levels.
        process: Name of this process in every record; empty for the front.
    """
    global _in_force
    _in_force = setup
    # What no format shows is not collected (Python's logging HOWTO, "Optimization"): half of a record's cost.
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    logging._srcfile = None
    handler = logging.StreamHandler(sys.stderr)
    form = JsonFormat if setup.format == "json" else TextFormat
    handler.setFormatter(form(process, setup.plugins))
    logging.basicConfig(level=setup.level, handlers=[handler], force=True)
    quiet = "ERROR" if setup.level == "ERROR" else "WARNING"
    for name, level in {**dict.fromkeys(_QUIET, quiet), **setup.levels}.items():
        logging.getLogger(name).setLevel(level)
    logging.captureWarnings(True)


def setup_in_force() -> LogSetup:
    """How this process logs: for a process that it starts."""
    return _in_force
