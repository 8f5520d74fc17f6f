"""The three values of a configuration that a row of /v3/search shows (contract/API_V3.md 2.4)."""

from typing import Any

from mestral_experiments.model import Brief, Configuration
from mestral_experiments.sources.configuration.sections import section


def brief(configuration: Configuration) -> Brief:
    """The three values. Never fails: what is missing or of another type is None."""
    data = configuration.data
    if configuration.as3:
        conf = section(data, "conf")
        platforms = [one["HPCARCH"] for one in section(data, "exp").values() if "HPCARCH" in one]
        return Brief(
            hpc=_text(platforms[0] if platforms else None),
            version=_text(section(conf, "config").get("AUTOSUBMIT_VERSION")),
            wrapper=_types([section(conf, "wrapper").get("TYPE")]),
        )
    wrappers = section(data, "WRAPPERS").values()
    return Brief(
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
