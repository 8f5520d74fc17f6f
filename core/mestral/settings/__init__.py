"""TOML + environment -> one validated `Settings` tree, all errors at once.

Order of precedence: command line > `MESTRAL_SECTION__KEY` > mestral.toml > the variables of Autosubmit API >
default. Read `model.py` first: it says what can be set.
"""

from mestral.settings.load import SettingsError, load_settings
from mestral.settings.model import Finding, PluginOptions, Settings, Value
from mestral.settings.secret import Secret

__all__ = ["Finding", "PluginOptions", "Secret", "Settings", "SettingsError", "Value", "load_settings"]
