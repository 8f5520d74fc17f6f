"""How a record is written: as text for people, or as JSON.

Guarantees: a JSON record is one line of ASCII. A text record is one line; what has more (a traceback) goes on
in lines that begin with spaces, as no record does. Control characters and whatever else is not printable are
escaped, so that no client, file name or plugin can forge a record. A record that cannot be formatted is
written all the same.

A record whose arguments are one mapping (`logger.info("%(method)s ...", fields)`) has them as fields in JSON.
"""

import json
import logging
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from mestral.logs.work import at_hand

_INDENT = "    "


class _Format(logging.Formatter):
    """What both formats know of a record.

    Args:
        process: Name of this process; empty for the front.
        plugins: First part of the names of a plugin's loggers, and the plugin.
    """

    def __init__(self, process: str, plugins: Mapping[str, str]) -> None:
        super().__init__()
        self._process = process
        self._plugins = plugins
        self._plugin_of: dict[str, str | None] = {}  # there are as many as loggers

    def _context(self, record: logging.LogRecord) -> dict[str, str]:
        """Plugin and request, as far as they are known; the logger's plugin before the route's."""
        work = at_hand()
        plugin = self._plugin(record.name) or (work.plugin if work else None)
        known = {"plugin": plugin, "request_id": work.request_id if work else None}
        return {key: value for key, value in known.items() if value}

    def _plugin(self, logger: str) -> str | None:
        if logger not in self._plugin_of:
            name, found = logger, self._plugins.get(logger)
            while found is None and "." in name:
                name = name.rpartition(".")[0]
                found = self._plugins.get(name)
            self._plugin_of[logger] = found
        return self._plugin_of[logger]

    def _traceback(self, record: logging.LogRecord) -> list[str]:
        """The lines of its traceback, and of the stack that was asked for (`stack_info`)."""
        traceback = self.formatException(record.exc_info) if record.exc_info and record.exc_info[0] else ""
        text = "\n".join(filter(None, (traceback, record.stack_info)))
        return text.split("\n") if text else []


class TextFormat(_Format):
    """`2030-01-31T12:00:00.000Z WARNING logger: message (plugin x, request 0a1b)`."""

    def format(self, record: logging.LogRecord) -> str:
        """The record's line, and its further lines."""
        message = _message(record)
        said = record.args if isinstance(record.args, Mapping) else {}
        context = {key: value for key, value in self._context(record).items() if key not in said}
        if message.isprintable() and not (context or record.exc_info or record.stack_info):
            text = message
        else:
            first, *more = message.split("\n")
            if context:
                about = ", ".join(f"{_WORDS[key]} {value}" for key, value in context.items())
                first = f"{first} ({about})"
            lines = [first, *more, *self._traceback(record)]
            text = f"\n{_INDENT}".join(map(_printable, lines))
        process = f" [{self._process}]" if self._process else ""
        return f"{_time(record)} {record.levelname} {_printable(record.name)}{process}: {text}"


class JsonFormat(_Format):
    """One object per record: time, level, logger, message, fields, process, plugin, request_id, exception."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as one line."""
        fields: Mapping[Any, Any] = record.args if isinstance(record.args, Mapping) else {}
        found: dict[str, Any] = {
            **{str(key): value for key, value in fields.items()},
            "time": _time(record),
            "level": record.levelname,
            "logger": record.name,
            "message": _message(record),
            **self._context(record),
        }
        if self._process:
            found["process"] = self._process
        if traceback := self._traceback(record):
            found["exception"] = "\n".join(traceback)
        try:
            return json.dumps(found, default=_text, allow_nan=False)
        except (TypeError, ValueError, RecursionError):  # fields that JSON has no words for
            return json.dumps({key: v if isinstance(v, str) else _text(v) for key, v in found.items()})


_WORDS = {"plugin": "plugin", "request_id": "request"}


def _time(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")[:-6] + "Z"


def _message(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except Exception as error:  # the record says more than the complaint that it is written wrongly
        return f"{_text(record.msg)} with {_text(record.args)} ({type(error).__name__}: {_text(error)})"


def _text(value: object) -> str:
    try:
        return str(value)
    except Exception as error:
        return f"<{type(value).__name__}, which raises {type(error).__name__} when it is shown>"


def _printable(text: str) -> str:
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)
