"""Answer of `/v4/experiments/{expid}/filesystem-config`."""

from typing import Any

import msgspec

from mestral.readers import Answer, ReaderContext
from mestral_experiments.model import Experiment
from mestral_experiments.sources.protocol import SLOT, ExperimentSource
from mestral_experiments.views.configuration import filesystem_configuration


def filesystem(reader: ReaderContext, row: list[Any], server: dict[str, Any], user: str | None) -> Answer:
    """The configuration on disk.

    Args:
        reader: The reader's services and memory.
        row: The experiment (`Experiment`).
        server, user: See `filesystem_configuration`.
    """
    source: ExperimentSource = reader.service(SLOT)
    configuration, depends = source.configuration(msgspec.convert(row, Experiment))
    shown = filesystem_configuration(configuration, server, user)
    return Answer(body=msgspec.json.encode(shown), depends=depends)
