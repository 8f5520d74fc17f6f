"""What a configuration says about an experiment, its jobs and its platforms.

Guarantees: never fails: what is missing has the default of the contract, what cannot be used is None, 0, "".
Which options are read, and what stands for one that is missing:
  what v4 shows of a section ......... contract/API_V4.md 4.2, CONF
  what the jobs of a section get ..... contract/API_V3.md 1.6; processors: `processors`
  the experiment itself .............. contract/API_V3.md 2.2
  the footprint of a platform ........ contract/METRICS.md 5.7
"""

from collections.abc import Callable, Mapping
from math import isfinite
from typing import Any

from mestral_experiments.model import Configuration, Footprint, Resources, SectionSettings, Settings
from mestral_experiments.sources.configuration.brief import brief
from mestral_experiments.sources.configuration.processors import elements, processors, whole
from mestral_experiments.sources.configuration.sections import Data, section

_UPDATE_SECONDS = 10
_NOT_SAID = "NA"


def settings_of(configuration: Configuration) -> Settings:
    """All of it.

    Args:
        configuration: Not empty.
    """
    return (_of_as3 if configuration.as3 else _of_as4)(configuration)


def _of_as3(configuration: Configuration) -> Settings:
    data, shown = configuration.data, brief(configuration)
    experiment = section(section(data, "exp"), "experiment")
    jobs, platforms = section(data, "jobs"), section(data, "platforms")
    size, unit = experiment.get("CHUNKSIZE", ""), experiment.get("CHUNKSIZEUNIT")
    model, branch = _project(*(section(section(data, "exp"), name) for name in ("project", "git", "svn")))
    wrapper_queue = _text(section(section(data, "conf"), "wrapper").get("QUEUE"))

    def resources(job: Data) -> Resources:
        platform = _text(job.get("PLATFORM")) or shown.hpc or ""
        written = _text(job.get("PROCESSORS", "1"))
        count = processors(written, None)
        return _resources(job, section(platforms, platform), platform, wrapper_queue, count, count)

    return Settings(
        chunk_size=whole(size) if size.strip() else 1,
        chunk_unit=None if unit is None else unit.lower(),
        workflow_commit=None,
        version=shown.version,
        hpc=shown.hpc or "",
        model=model,
        branch=branch,
        update_seconds=_update_seconds(section(section(data, "conf"), "config")),
        sections={
            name: SectionSettings(
                platform=job.get("PLATFORM", ""),
                queue=job.get("QUEUE", ""),
                processors=processors(job.get("PROCESSORS", "1"), None),
                wallclock=job.get("WALLCLOCK", ""),
            )
            for name, job in jobs.items()
        },
        resources={name: resources(job) for name, job in jobs.items()},
        no_resources=resources({}),
        platforms=_footprints(platforms),
        as3=True,
    )


def _of_as4(configuration: Configuration) -> Settings:
    data = configuration.data
    experiment = section(data, "EXPERIMENT")
    commit = section(data, "AUTOSUBMIT").get("WORKFLOW_COMMIT")
    size = whole(experiment.get("CHUNKSIZE"))
    jobs = {name: job for name, job in section(data, "JOBS").items() if isinstance(job, dict)}
    platforms = section(data, "PLATFORMS")
    main = _shown(section(data, "DEFAULT").get("HPCARCH")).upper()
    git = section(data, "GIT")
    git = git | {"PROJECT_BRANCH": git.get("PROJECT_BRANCH") or None}
    model, branch = _project(section(data, "PROJECT"), git, section(data, "SVN"))
    wrapper_queues = _wrapper_queues(section(data, "WRAPPERS"))

    def resources(name: str, job: Data) -> Resources:
        platform = _text(job.get("PLATFORM")).upper() or main
        options = section(platforms, platform)
        per_node = whole(_either("PROCESSORS_PER_NODE", job, options))
        count = processors(str(_either("PROCESSORS", job, options) or 1), per_node)
        occupied = elements(
            count,
            nodes=whole(_either("NODES", job, options)),
            tasks=whole(_either("TASKS", job, options)),
            per_node=per_node,
            exclusive=_either("EXCLUSIVE", job, options) is True,
        )
        return _resources(job, options, platform, wrapper_queues(name), count, occupied)

    def shown_of(job: Data) -> SectionSettings:
        platform = job.get("PLATFORM")
        platform = main if platform is None else str(platform).upper()
        written = job.get("PROCESSORS") or section(platforms, platform).get("PROCESSORS") or 1
        return SectionSettings(
            platform=platform,
            queue=_shown(job.get("QUEUE")),
            processors=processors(str(written), None),
            wallclock=_shown(job.get("WALLCLOCK")),
        )

    return Settings(
        chunk_size=1 if size is None else size,
        chunk_unit=_scalar(experiment.get("CHUNKSIZEUNIT")),
        workflow_commit=None if commit is None else _scalar(commit),
        version=brief(configuration).version,
        hpc=main,
        model=model,
        branch=branch,
        update_seconds=_update_seconds(section(data, "CONFIG")),
        sections={name: shown_of(job) for name, job in jobs.items()},
        resources={name: resources(name, job) for name, job in jobs.items()},
        no_resources=resources("", {}),
        platforms=_footprints(platforms),
        as3=False,
    )


def _resources(
    job: Data, platform: Data, name: str, wrapper_queue: str, count: int, occupied: int
) -> Resources:
    """What both generations have in common. Blank is as good as missing."""
    serial = _text(platform.get("SERIAL_QUEUE")) if count == 1 else ""
    queue = _text(job.get("QUEUE")) or serial or _text(platform.get("QUEUE"))
    return Resources(
        platform=name,
        queue=queue,
        wrapper_queue=wrapper_queue or queue,
        processors=count,
        elements=occupied,
        wallclock=_text(job.get("WALLCLOCK")) or _text(platform.get("MAX_WALLCLOCK")),
    )


def _wrapper_queues(wrappers: Data) -> Callable[[str], str]:
    """Gives the queue of the wrapper that names a section, else that of all wrappers."""
    queues: dict[str, str] = {}
    for wrapper in wrappers.values():
        if isinstance(wrapper, dict) and (queue := _text(wrapper.get("QUEUE"))):
            jobs = wrapper.get("JOBS_IN_WRAPPER")
            for one in jobs if isinstance(jobs, list) else ():
                for name in str(one).replace("&", " ").split():
                    queues.setdefault(name, queue)
    shared = _text(wrappers.get("QUEUE"))
    return lambda name: queues.get(name, shared)


def _project(project: Data, git: Data, svn: Data) -> tuple[str, str]:
    """Origin and branch of the project."""
    kind = _text(project.get("PROJECT_TYPE")).lower()
    if kind == "git":
        branch = git.get("PROJECT_BRANCH")
        return _text(git.get("PROJECT_ORIGIN")), "master" if branch is None else _text(branch)
    if kind == "svn":
        url = _text(svn.get("PROJECT_URL"))
        return url, url
    return _NOT_SAID, _NOT_SAID


def _update_seconds(options: Data) -> int:
    written = options.get("SAFETYSLEEPTIME")
    seconds = whole(int(written) if isinstance(written, float) and isfinite(written) else written)
    return _UPDATE_SECONDS if seconds is None else seconds


def _footprints(platforms: Data) -> Mapping[str, Footprint]:
    """Of the platforms that say something about it."""
    found = {
        name: Footprint(cf=_measure(options.get("CF")), pue=_measure(options.get("PUE")))
        for name, options in platforms.items()
        if isinstance(options, dict)
    }
    return {name: one for name, one in found.items() if one != Footprint()}


def _measure(value: Any) -> float | str | None:
    """A number; None for none, which 0 stands for too; the text that is no number."""
    written = _shown(value).strip()
    try:
        number = float(written or 0)
    except ValueError:
        return written
    return (number or None) if isfinite(number) else written


def _either(key: str, job: Data, platform: Data) -> Any:
    """What the section says, else its platform; 0, "" and the like say nothing."""
    return job.get(key) or platform.get(key)


def _scalar(value: Any) -> str | None:
    """A value that is one, as text; "" without one, None for a list or a section."""
    return None if isinstance(value, dict | list) else _shown(value)


def _text(value: Any) -> str:
    """The same, "" for a list or a section and for blanks."""
    return (_scalar(value) or "").strip()


def _shown(value: Any) -> str:
    return "" if value is None else str(value)
