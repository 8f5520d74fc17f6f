"""Plugins: found, ordered, loaded, checked and assembled, each with a state and a sentence saying why.

Guarantees: loading never raises for a broken plugin; its record says what is wrong and what to do, and the
others go on. Nothing here is global (save that `plugins.dir` joins Python's import path): whoever calls
`load_plugins` owns what it returns. Importing this package imports neither Litestar nor SQLAlchemy. Read
`pipeline.py` first: it is the list of the steps, one line each.
"""

from mestral.plugins.pipeline import load_manifests, load_plugins
from mestral.plugins.records import PluginRecord, State
from mestral.plugins.registry import Plugins, PluginsError, ensure_startable

__all__ = [
    "PluginRecord",
    "Plugins",
    "PluginsError",
    "State",
    "ensure_startable",
    "load_manifests",
    "load_plugins",
]
