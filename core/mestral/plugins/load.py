"""Step 3, load: import what the entry point names and read its manifest.

Guarantees: `load` runs nothing but the plugin's import; `check_requirements` imports nothing.
"""

import importlib.machinery
import importlib.util
import inspect
from importlib.metadata import EntryPoint
from typing import Any

from packaging.specifiers import InvalidSpecifier, SpecifierSet

from mestral.contributions import API_VERSION, ENTRY_POINT_GROUP, Manifest
from mestral.plugins.records import FIRST_PARTY, PluginRecord, Refused, State, fail


def load(record: PluginRecord) -> tuple[Any, Manifest]:
    """The plugin object and its manifest.

    Raises:
        Refused: It is not a plugin.
    """
    plugin = EntryPoint(record.name, record.entry_point, ENTRY_POINT_GROUP).load()
    if inspect.isclass(plugin):
        fail(f"{record.entry_point} is a class: name an object, such as `plugin = {plugin.__name__}()`.")
    manifest = getattr(plugin, "manifest", None)
    if not isinstance(manifest, Manifest):
        fail(f"{record.entry_point} has no attribute `manifest` that is a mestral.Manifest.")
    _check_manifest(manifest)
    if manifest.name != record.name:
        fail(f"Its manifest says {manifest.name!r} and its entry point {record.name!r}: they must be equal.")
    return plugin, manifest


def _check_manifest(manifest: Manifest) -> None:
    """Hold the fields against their types, which a Struct does not do by itself."""
    for key in ("name", "version", "summary", "requires_api"):
        if not isinstance(getattr(manifest, key), str):
            fail(f"{key} = {getattr(manifest, key)!r} in its manifest must be a text.")
    for key in ("requires", "after", "conflicts", "provides", "modules"):
        names = getattr(manifest, key)
        if not isinstance(names, tuple) or not all(isinstance(name, str) for name in names):
            fail(f"{key} = {names!r} in its manifest must be a tuple of names, such as ('first',).")


def check_requirements(record: PluginRecord, manifest: Manifest) -> None:
    """Can it be used here?

    Raises:
        Refused: `incompatible` when it is made for another version of the plugin API; `unavailable` when
            modules that its manifest names are not installed.
    """
    try:
        wanted = SpecifierSet(manifest.requires_api)
    except InvalidSpecifier:
        fail(f"Its requires_api = {manifest.requires_api!r} is no version range, such as '>=0.1,<0.2'.")
    if not wanted.contains(API_VERSION, prereleases=True):
        raise Refused(
            State.INCOMPATIBLE,
            f"It works with plugin API {manifest.requires_api}, and this Mestral has {API_VERSION}: "
            f"install a version of {record.project} made for it.",
        )
    missing = [module for module in manifest.modules if not _is_installed(module)]
    if missing:
        names = " and ".join(missing)
        raise Refused(
            State.UNAVAILABLE, f"It needs {names}, not installed here: {_install(record, manifest, names)}."
        )


def _install(record: PluginRecord, manifest: Manifest, names: str) -> str:
    if manifest.extra is None:
        return f"install what provides {names}"
    project = record.project or FIRST_PARTY
    return f"pip install '{project}[{manifest.extra}]'"


def _is_installed(module: str) -> bool:
    """Whether a module could be imported, found without importing it or its parents."""
    root, *rest = module.split(".")
    try:
        spec = importlib.util.find_spec(root)
    except ValueError:  # it is loaded and has no spec
        return True
    name = root
    for part in rest:
        if spec is None or spec.submodule_search_locations is None:
            return False
        name = f"{name}.{part}"
        spec = importlib.machinery.PathFinder.find_spec(name, spec.submodule_search_locations)
    return spec is not None
