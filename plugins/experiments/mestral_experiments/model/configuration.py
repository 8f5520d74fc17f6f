"""What the configuration of an experiment says."""

from collections.abc import Mapping
from typing import Any

import msgspec


class Configuration(msgspec.Struct, frozen=True):
    """The effective configuration of an experiment, as Autosubmit itself would see it.

    Attributes:
        data: Autosubmit 4: the merged dictionary with upper-case keys. Autosubmit 3: `conf, exp, platforms,
            jobs, proj`, each section -> option -> text. Values of JSON, dates and times. No credential and
            nothing of the server's environment is in it. Empty where there is none.
        as3: Whether it was read from the ini files of Autosubmit 3.
    """

    data: dict[str, Any]
    as3: bool


class Brief(msgspec.Struct, frozen=True, array_like=True):
    """What lists of experiments show of a configuration (contract/API_V3.md 2.4).

    Attributes:
        hpc: Main platform: upper-case in Autosubmit 4, as written in Autosubmit 3; None when there is none.
        version: Version of Autosubmit that the configuration names, None when it names none.
        wrapper: Types of the wrappers, upper-case, each once, separated by `, `; None without wrappers.
    """

    hpc: str | None
    version: str | None
    wrapper: str | None


class SectionSettings(msgspec.Struct, frozen=True, array_like=True):
    """What a configuration says about the jobs of one section; "" for what it does not say.

    Attributes:
        platform: Upper-case in Autosubmit 4, as written in Autosubmit 3.
        queue: As written.
        processors: 0 when what is written is no number of processors.
        wallclock: As written, without seconds in Autosubmit 4.
    """

    platform: str
    queue: str
    processors: int
    wallclock: str


class Resources(msgspec.Struct, frozen=True, array_like=True):
    """What the jobs of one section get, with what their platform says (contract/API_V3.md 1.6).

    Attributes:
        platform: Where they run: the section's own, else the main platform; "" when neither is said.
        queue: Of a job outside of wrappers, "" when it is not said.
        wrapper_queue: Of a job inside a wrapper.
        processors: Requested (contract/METRICS.md 4.1), 0 when what is written is no number.
        elements: Processing elements that they occupy (METRICS.md 4.3).
        wallclock: `HH:MM` as written, "" when it is not said.
    """

    platform: str = ""
    queue: str = ""
    wrapper_queue: str = ""
    processors: int = 1
    elements: int = 1
    wallclock: str = ""


class Footprint(msgspec.Struct, frozen=True, array_like=True):
    """What a platform says about its carbon footprint; each a number, None, or the text that is no number.

    Attributes:
        cf: Grams of CO2 for each MWh.
        pue: Power usage effectiveness, a ratio.
    """

    cf: float | str | None = None
    pue: float | str | None = None


class Settings(msgspec.Struct, frozen=True):
    """What a configuration says about an experiment, its jobs and its platforms.

    Attributes:
        chunk_size, chunk_unit: Of the experiment; None when what is written cannot be used. The unit is lower
            case in Autosubmit 3, and as written in Autosubmit 4.
        workflow_commit: Git commit of the workflow; None when it is not said.
        version: Version of Autosubmit that the configuration names; None when it names none.
        hpc: Main platform, upper-case in Autosubmit 4, as written in Autosubmit 3; "" when there is none.
        model, branch: Origin and branch of a git project, the address of a Subversion project; else "NA".
        update_seconds: How long Autosubmit waits between two looks at the jobs (SAFETYSLEEPTIME).
        sections: By name. Autosubmit 4: upper-case.
        resources: By the same names.
        no_resources: Of the jobs of a section that the configuration does not name.
        platforms: Those that say something about their footprint, by name as `Resources.platform` writes it.
        as3: Whether it was read from the ini files of Autosubmit 3.
    """

    chunk_size: int | None
    chunk_unit: str | None
    workflow_commit: str | None
    version: str | None
    hpc: str
    model: str
    branch: str
    update_seconds: int
    sections: Mapping[str, SectionSettings]
    resources: Mapping[str, Resources]
    no_resources: Resources
    platforms: Mapping[str, Footprint]
    as3: bool

    def section(self, name: str) -> SectionSettings | None:
        """What it says about the jobs of a section, as the job list names it; None without such a section."""
        if self.as3:
            return self.sections.get(name) or SectionSettings("", "", 1, "")
        return self.sections.get(name.upper())

    def resources_of(self, section: str) -> Resources:
        """What the jobs of a section get, as the job list names it."""
        return self.resources.get(section if self.as3 else section.upper(), self.no_resources)
