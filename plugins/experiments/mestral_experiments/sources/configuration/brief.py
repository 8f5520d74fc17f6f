"""The three values of a configuration that a row of /v3/search shows (contract/API_V3.md 2.4)."""

from typing import Any

import msgspec

from mestral_experiments.model import Configuration
from mestral_experiments.sources.configuration.sections import section


class ConfigurationBrief(msgspec.Struct, frozen=True, array_like=True):
    """What a list of experiments says of a configuration.

    Attributes:
        hpc: Main platform: upper-case in Autosubmit 4, as written in Autosubmit 3. None when there is none.
        version: Version of Autosubmit that the configuration names, None when it names none.
        wrapper: Types of the wrappers, upper-case, each once, separated by `, `. None without wrappers.
    """

    hpc: str | None
    version: str | None
    wrapper: str | None


def brief(configuration: Configuration) -> ConfigurationBrief:
    """The three values. Never fails: what is missing or of another type is None."""
    data = configuration.data
    if configuration.as3:
        conf = section(data, "conf")
        platforms = [one["HPCARCH"] for one in section(data, "exp").values() if "HPCARCH" in one]
        return ConfigurationBrief(
            hpc=_text(platforms[0] if platforms else None),
            version=_text(section(conf, "config").get("AUTOSUBMIT_VERSION")),
            wrapper=_types([section(conf, "wrapper").get("TYPE")]),
        )
    wrappers = section(data, "WRAPPERS").values()
    return ConfigurationBrief(
        hpc=_text(data.get("HPCARCH")),
        version=_text(section(data, "CONFIG").get("AUTOSUBMIT_VERSION")),
        wrapper=_types([wrapper.get("TYPE") for wrapper in wrappers if isinstance(wrapper, dict)]),
    )


def _text(value: Any) -> str | None:
    """Text of a scalar; None when it is missing or blank. A version may be a number in YAML."""
    text = str(value).strip() if isinstance(value, str | int | float) else ""
    return text or None


def _types(values: list[Any]) -> str | None:
    """Each type once, in the order of the file; `none` is how Autosubmit 3 says that there is no wrapper."""
    types = dict.fromkeys(text.upper() for value in values if (text := _text(value)))
    types.pop("NONE", None)
    return ", ".join(types) or None
