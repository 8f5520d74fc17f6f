"""TOML + environment -> one validated `Settings` tree, all errors at once.

Order of precedence: command line > `MESTRAL_SECTION__KEY` > mestral.toml > the variables of Autosubmit API >
default. Read `model.py` first: it says what can be set.
"""

from mestral.settings.load import load_settings
from mestral.settings.model import Finding, PluginOptions, Settings, SettingsError, Value
from mestral.settings.secret import Secret
from mestral.settings.state_dir import ensure_state_dir
from mestral.settings.validate import validate_table

__all__ = [
    "Finding",
    "PluginOptions",
    "Secret",
    "Settings",
    "SettingsError",
    "Value",
    "ensure_state_dir",
    "load_settings",
    "validate_table",
]
