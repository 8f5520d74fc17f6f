"""What a configuration says about the jobs of one section (contract/API_V4.md 4.2, CONF).

Guarantees: never fails: what is missing has the default of the contract, what cannot be used is None.
"""

from typing import Any

from mestral_experiments.model import Configuration, JobSettings, SectionSettings
from mestral_experiments.sources.configuration.sections import Data, section

_PER_NODE = 36  # processors that each part of a request such as `37:5` is rounded up to


def settings_of(configuration: Configuration, name: str) -> JobSettings:
    """The settings of the jobs of a section.

    Args:
        configuration: Not empty.
        name: The section, as the job list has it.
    """
    return (_of_as3 if configuration.as3 else _of_as4)(configuration.data, name)


def _of_as3(data: Data, name: str) -> JobSettings:
    experiment = section(section(data, "exp"), "experiment")
    job = section(section(data, "jobs"), name)
    size, unit = experiment.get("CHUNKSIZE", ""), experiment.get("CHUNKSIZEUNIT")
    return JobSettings(
        chunk_size=_whole(size) if size.strip() else 1,
        chunk_unit=None if unit is None else unit.lower(),
        workflow_commit=None,
        section=SectionSettings(
            platform=job.get("PLATFORM", ""),
            queue=job.get("QUEUE", ""),
            processors=_processors(job.get("PROCESSORS", "1")),
            wallclock=job.get("WALLCLOCK", ""),
        ),
    )


def _of_as4(data: Data, name: str) -> JobSettings:
    experiment = section(data, "EXPERIMENT")
    commit = section(data, "AUTOSUBMIT").get("WORKFLOW_COMMIT")
    size = _whole(experiment.get("CHUNKSIZE"))
    job = section(data, "JOBS").get(name.upper())
    return JobSettings(
        chunk_size=1 if size is None else size,
        chunk_unit=_text(experiment.get("CHUNKSIZEUNIT")),
        workflow_commit=None if commit is None else _text(commit),
        section=_section_of_as4(data, job) if isinstance(job, dict) else None,
    )


def _section_of_as4(data: Data, job: Data) -> SectionSettings:
    platform = job.get("PLATFORM")
    if platform is None:
        platform = section(data, "DEFAULT").get("HPCARCH")
    name = str("" if platform is None else platform).upper()
    processors = job.get("PROCESSORS") or section(section(data, "PLATFORMS"), name).get("PROCESSORS") or 1
    return SectionSettings(
        platform=name,
        queue=_shown(job.get("QUEUE")),
        processors=_processors(str(processors)),
        wallclock=_shown(job.get("WALLCLOCK")),
    )


def _processors(text: str) -> int:
    """Processors of a request: a number, or parts that each take whole nodes; 0 when it is neither."""
    parts = [_whole(part) for part in text.split(":")]
    if len(parts) == 1:
        return parts[0] or 0
    whole = [part for part in parts if part is not None]
    return sum(-(-part // _PER_NODE) * _PER_NODE for part in whole) if len(whole) == len(parts) else 0


def _whole(value: Any) -> int | None:
    """An integer, or a text that is one, within 64 bits; else None."""
    try:
        number = int(value) if isinstance(value, int | str) and len(str(value)) < 20 else None
    except ValueError:
        return None
    return number if number is not None and -(2**63) < number < 2**63 else None


def _text(value: Any) -> str | None:
    """A value that is one, as text; "" without one, None for a list or a section."""
    return None if isinstance(value, dict | list) else _shown(value)


def _shown(value: Any) -> str:
    return "" if value is None else str(value)
