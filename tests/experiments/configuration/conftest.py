"""An experiment's folder made of texts, loaded as the sources load it."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from mestral_experiments.sources.configuration import load_configuration

EXPID = "t0e1"
Files = Mapping[str, str | bytes]
Load = Callable[..., dict[str, Any]]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An experiment's folder with an empty `conf`."""
    folder = tmp_path / "root" / EXPID
    (folder / "conf").mkdir(parents=True)
    return folder


@pytest.fixture
def write(folder: Path) -> Callable[[Files], None]:
    """Writes files below the experiment's folder."""

    def write(files: Files) -> None:
        for name, content in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode() if isinstance(content, str) else content)

    return write


@pytest.fixture
def load(folder: Path, write: Callable[[Files], None]) -> Load:
    """The data of a configuration made of files (a text alone is `conf/jobs.yml`)."""

    def load(files: Files | str, **arguments: Any) -> dict[str, Any]:
        write({"conf/jobs.yml": files} if isinstance(files, str) else files)
        return load_configuration(folder, EXPID, **arguments)[0].data

    return load
