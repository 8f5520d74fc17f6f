"""Step 3, load: import what the entry point names and read its manifest.

Guarantees: `load` runs nothing but the plugin's import; `check_requirements` imports nothing. A module of
`plugins.dir` never hides one that is installed: it is refused when another has its name.
"""

import importlib
import importlib.machinery
import importlib.util
import inspect
import sys
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

from packaging.specifiers import InvalidSpecifier, SpecifierSet

from mestral.contributions import API_VERSION, ENTRY_POINT_GROUP, Manifest
from mestral.plugins.records import FIRST_PARTY, PluginRecord, Refused, State, fail


def make_importable(folder: Path) -> None:
    """Let this process, and the readers it starts, import what is in `plugins.dir`, after all else."""
    if str(folder) not in sys.path:
        sys.path.append(str(folder))
    importlib.invalidate_caches()


def load(record: PluginRecord) -> tuple[Any, Manifest]:
    """The plugin object and its manifest.

    Raises:
        Refused: It is not a plugin.
    """
    if record.folder is not None:
        _check_place(record, record.folder)
    plugin = EntryPoint(record.name, record.entry_point, ENTRY_POINT_GROUP).load()
    if inspect.isclass(plugin):
        fail(f"{record.entry_point} is a class: name an object, such as `plugin = {plugin.__name__}()`.")
    manifest = getattr(plugin, "manifest", None)
    if not isinstance(manifest, Manifest):
        fail(f"{record.entry_point} has no attribute `manifest` that is a mestral.Manifest.")
    _check_manifest(manifest)
    if manifest.name != record.name:
        offered = f"{record.distribution} offers it as" if record.local else "its entry point says"
        fail(f"Its manifest says {manifest.name!r} and {offered} {record.name!r}: they must be equal.")
    return plugin, manifest


def _check_place(record: PluginRecord, folder: Path) -> None:
    """Python must find the module of a local plugin in its folder."""
    module = record.entry_point.partition(":")[0]
    try:
        spec = importlib.util.find_spec(module)
    except ValueError:  # it is loaded and has no spec
        spec = None
    origin = spec.origin if spec is not None else None
    if origin is None or not Path(origin).is_relative_to(folder):
        raise Refused(
            State.CONFLICTED,
            f"Python has another module named {module!r}, which would be imported in its place: give it "
            f"another name in {folder}.",
        )


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
            f"use a version of {record.name if record.local else record.project} made for it.",
        )
    missing = [module for module in manifest.modules if not _is_installed(module)]
    if missing:
        names = " and ".join(missing)
        raise Refused(
            State.UNAVAILABLE, f"It needs {names}, not installed here: {_install(record, manifest, names)}."
        )


def _install(record: PluginRecord, manifest: Manifest, names: str) -> str:
    if manifest.extra is None or record.local:
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
