"""The guard around every step that runs code of a plugin.

Guarantees: whatever the plugin does (raise, sys.exit, hang) ends that plugin with a sentence and never the
caller; only KeyboardInterrupt passes. The step runs in a daemon thread, is reported while it is slow, and
abandoned when its time is up; a thread cannot be killed, so what it holds stays with it until the process
ends. Every step is timed.
"""

import asyncio
import logging
import threading
import time
import traceback
from collections.abc import Callable
from typing import TypeVar

import msgspec

from mestral.plugins.records import PluginRecord, Refused, State
from mestral.settings.model import PluginsSettings

_log = logging.getLogger(__name__)

T = TypeVar("T")


class Bounds(msgspec.Struct, frozen=True):
    """How long a step may take, in seconds.

    Attributes:
        slow: It is reported from then on.
        stop: It is given up.
    """

    slow: float
    stop: float

    @classmethod
    def of(cls, settings: PluginsSettings) -> "Bounds":
        """Those that the deployer set."""
        return cls(settings.slow_seconds, settings.step_seconds)


def say_slow(plugin: str, step: str, bounds: Bounds) -> None:
    """Report a step that is still running."""
    _log.warning(
        "plugin %s: step '%s' is still running after %g s; it is given up after %g s",
        plugin,
        step,
        bounds.slow,
        bounds.stop,
    )


def run_step(record: PluginRecord, step: str, function: Callable[[], T], bounds: Bounds) -> T | None:
    """Run one step for one plugin.

    Args:
        record: The plugin; it is ended when the step does not succeed.
        step: Name of the step, for the timing and the sentence.
        function: The step. It must not change the record: what it returns counts only when it was in time.
        bounds: How long it may take.

    Returns:
        What the step returned; None when the plugin ended.
    """
    results: list[T] = []
    errors: list[BaseException] = []

    def body() -> None:
        try:
            results.append(function())
        except BaseException as error:
            errors.append(error)

    thread = threading.Thread(target=body, name=f"mestral plugin {record.name}: {step}", daemon=True)
    start = time.perf_counter()
    thread.start()
    thread.join(min(bounds.slow, bounds.stop))
    if thread.is_alive() and bounds.slow < bounds.stop:
        say_slow(record.name, step, bounds)
        thread.join(bounds.stop - bounds.slow)
    elapsed = time.perf_counter() - start
    record.seconds[step] = elapsed

    if thread.is_alive():
        record.end(
            State.FAILED,
            f"Step '{step}' was still running after {bounds.stop:g} s and was abandoned. Take what waits "
            "out of it, or raise plugins.step_seconds.",
        )
        return None
    for error in errors:
        if isinstance(error, KeyboardInterrupt):
            raise error
        _end(record, step, error)
        return None
    return results[0]


def cancelled_by_itself() -> bool:
    """Whether a CancelledError was the doing of the plugin: nobody asked the task that runs it to end."""
    task = asyncio.current_task()
    return task is not None and not task.cancelling()


def _end(record: PluginRecord, step: str, error: BaseException) -> None:
    if isinstance(error, Refused):
        record.end(error.state, error.reason)
        return
    _log.warning("plugin %s: step '%s' raised", record.name, step, exc_info=error)
    if isinstance(error, ModuleNotFoundError) and error.name and not _is_own(record, error.name):
        record.end(
            State.UNAVAILABLE,
            f"Step '{step}' needs the module '{error.name}', which is not installed: install it, or what "
            f"{record.project} says brings it.",
        )
        return
    record.end(State.FAILED, f"Step '{step}' {describe(error)}. The log has the traceback.")


def _is_own(record: PluginRecord, module: str) -> bool:
    """Whether the module belongs to the plugin's own package or to Mestral: then the plugin is broken."""
    own = record.entry_point.partition(":")[0].partition(".")[0]
    return module.partition(".")[0] in {own, "mestral"}


def describe(error: BaseException) -> str:
    """Such as `raised ValueError: no (mestral_x/__init__.py, line 3)`, for a sentence."""
    if isinstance(error, SystemExit):
        what = f"called sys.exit({error.code!r})"
    else:
        # Litestar's exceptions put a meaningless "500: " before their detail.
        text = str(getattr(error, "detail", None) or error)
        what = f"raised {type(error).__name__}: {text}" if text else f"raised {type(error).__name__}"
    frames = traceback.extract_tb(error.__traceback__)
    if not frames:
        return what
    place = frames[-1]
    return f"{what} ({'/'.join(place.filename.rsplit('/', 2)[-2:])}, line {place.lineno})"
