"""Answers of `/v4/experiments/{expid}/filesystem-config` and of `/v3/cconfig/{expid}`."""

import json
from functools import partial
from typing import Any

import msgspec

from mestral import not_found
from mestral.readers import Answer, ReaderContext
from mestral_experiments.model import Configuration, Experiment
from mestral_experiments.render.optional import OptionalParts
from mestral_experiments.sources.protocol import SLOT, ExperimentSource
from mestral_experiments.views.comparison import compare
from mestral_experiments.views.configuration import filesystem_configuration


def encode_any(shown: msgspec.Struct) -> bytes:
    """JSON of what holds a configuration, in which numbers beyond 64 bits and half surrogates may be."""
    fields = msgspec.structs.asdict(shown)
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def filesystem(reader: ReaderContext, row: list[Any], server: dict[str, Any], user: str | None) -> Answer:
    """The configuration on disk.

    Args:
        reader: The reader's services and memory.
        row: The experiment (`Experiment`).
        server, user: See `views.configuration.completed`.
    """
    source: ExperimentSource = reader.service(SLOT)
    configuration, depends = source.configuration(msgspec.convert(row, Experiment))
    shown = filesystem_configuration(configuration, server, user)
    return Answer(body=msgspec.json.encode(shown), depends=depends)


def comparison(reader: ReaderContext, row: list[Any], server: dict[str, Any], user: str | None) -> Answer:
    """The configuration on disk beside that of the newest run; arguments as for `filesystem`.

    Raises:
        Problem: 404 without a configuration; 503 when that of Autosubmit 4 is unusable.
    """
    source: ExperimentSource = reader.service(SLOT)
    experiment = msgspec.convert(row, Experiment)
    parts, warnings = OptionalParts(), []
    files = parts.read_files(partial(source.configuration, experiment))
    if files is None:
        (problem,) = parts.problems
        if not _is_as3(experiment):
            raise problem
        files = Configuration({}, as3=True)
        warnings.append(f"The filesystem system configuration can't be retrieved because '{problem.message}'")
    elif not files.data:
        raise not_found(source.obstacle(experiment)[0] or "There is no configuration.")
    run = parts.read(partial(_of_newest_run, source, experiment))
    if run is None:
        problem = parts.problems[-1]
        warnings.append(
            f"The configuration of the current run can't be retrieved because '{problem.message}'"
        )
    return parts.answer(encode_any(compare(run or {}, files, server, user, warnings)))


def _of_newest_run(source: ExperimentSource, experiment: Experiment) -> dict[str, Any]:
    """What the newest run was made with, empty without one."""
    latest = source.latest_run(experiment)
    return source.run_configuration(experiment, latest.run_id) or {} if latest is not None else {}


def _is_as3(experiment: Experiment) -> bool:
    """Whether its version is one of Autosubmit 3: its files cannot tell when they cannot be read."""
    return (experiment.version or "").startswith("3.")
