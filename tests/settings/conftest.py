"""Settings are loaded from real files in the test's own folder, with the test's own environment."""

import os
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from mestral.settings import Settings, load_settings

Load = Callable[..., Settings]


@pytest.fixture
def load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Load:
    """`load(toml, environ, **)`: write mestral.toml into the working directory, when given, and load it."""
    monkeypatch.chdir(tmp_path)

    def loader(
        toml: str | None = None,
        environ: Mapping[str, str] | None = None,
        overrides: Mapping[str, object] | None = None,
    ) -> Settings:
        if toml is not None:
            Path("mestral.toml").write_text(toml)
        return load_settings(environ={"HOME": str(tmp_path / "home"), **(environ or {})}, overrides=overrides)

    return loader


@pytest.fixture
def as_nobody(tmp_path: Path) -> Iterator[Callable[[], None]]:
    """Give up root's right to read everything, when the tests run as root; it comes back after the test."""
    if os.geteuid() != 0:
        yield lambda: None
        return
    for folder in (tmp_path, *tmp_path.parents):
        if folder.owner() == "root" and folder.is_relative_to(tempfile.gettempdir()) and folder.name:
            folder.chmod(folder.stat().st_mode | 0o055)
    yield lambda: os.seteuid(65534)
    os.seteuid(0)
