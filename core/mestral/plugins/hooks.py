"""Step 6, hooks: which hooks does a plugin implement, and does each keep to its spec? And the one way to call
them.

Guarantees: a plugin that breaks a spec is refused before anything of it is registered. A hook is always
called for one plugin alone, so what it raises concerns nobody else.
"""

import inspect
from collections.abc import Callable
from typing import Any

import pluggy

from mestral.hookspecs import Hooks
from mestral.plugins.records import fail
from mestral.settings.nearest import did_you_mean

_PREFIX = "mestral_"
_SPECS: dict[str, Callable[..., Any]] = {
    name: getattr(Hooks, name) for name in dir(Hooks) if name.startswith(_PREFIX)
}


class HookCaller:
    """The plugins whose hooks can be called: a pluggy manager that belongs to one `Plugins`, never to a
    module."""

    def __init__(self) -> None:
        self._manager = pluggy.PluginManager("mestral")
        self._manager.add_hookspecs(Hooks)

    def register(self, name: str, plugin: object) -> tuple[str, ...]:
        """Check every hook of a plugin, then register it.

        Returns:
            Names of the hooks it implements.

        Raises:
            Refused: Unknown hook or argument, the wrong kind (sync or async), or a forgotten `@hookimpl`.
        """
        found: dict[str, Callable[..., Any]] = {}
        for attribute in dir(plugin):
            options = self._manager.parse_hookimpl_opts(plugin, attribute)
            if options is None:
                static = inspect.getattr_static(plugin, attribute)
                if attribute.startswith(_PREFIX) and inspect.isroutine(static):
                    fail(f"{attribute} looks like a hook but is not marked: put @mestral.hookimpl on it.")
                continue
            hook = options.get("specname") or attribute
            function = getattr(plugin, attribute)
            if hook not in _SPECS:
                fail(f"There is no hook {hook} in this version of Mestral.{did_you_mean(hook, _SPECS)}")
            if hook in found:
                fail(f"{hook} is implemented twice.")
            if options.get("wrapper") or options.get("hookwrapper"):
                fail(f"{hook} is a wrapper: plugins are called one by one, so there is nothing to wrap.")
            _check(hook, function)
            found[hook] = function
        self._manager.register(plugin, name)
        return tuple(sorted(found))

    def unregister(self, name: str) -> None:
        """Forget a plugin; its hooks are not called any more."""
        if self._manager.has_plugin(name):
            self._manager.unregister(name=name)

    def call(self, name: str, hook: str, **arguments: Any) -> Any:
        """Call one hook of one plugin with those of the arguments that it declares.

        Returns:
            What it returns; for a run-time hook a coroutine to await.

        Raises:
            LookupError: The plugin does not implement the hook.
            BaseException: Whatever the plugin raises.
        """
        for implementation in getattr(self._manager.hook, hook).get_hookimpls():
            if implementation.plugin_name == name:
                declared = inspect.signature(implementation.function).parameters
                return implementation.function(
                    **{key: arguments[key] for key in declared if key in arguments}
                )
        raise LookupError(f"plugin {name} does not implement {hook}")


def _check(hook: str, function: Callable[..., Any]) -> None:
    """Hold one implementation against its spec."""
    spec = _SPECS[hook]
    arguments = [name for name in inspect.signature(spec).parameters if name != "self"]
    for parameter in inspect.signature(function).parameters.values():
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            fail(f"{hook} takes {parameter}: it must name the arguments it wants, of {', '.join(arguments)}.")
        if parameter.name not in arguments:
            fail(
                f"{hook} has no argument {parameter.name}.{did_you_mean(parameter.name, arguments)} "
                f"It may take: {', '.join(arguments)}."
            )
    if inspect.iscoroutinefunction(spec) and not inspect.iscoroutinefunction(function):
        fail(f"{hook} is a run-time hook and must be async: write `async def {hook}`.")
    if inspect.iscoroutinefunction(function) and not inspect.iscoroutinefunction(spec):
        fail(f"{hook} is a collect hook and must be sync: write `def {hook}`, without async.")
