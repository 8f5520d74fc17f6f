"""pyproject.toml agrees with the directories and the manifests."""

import importlib
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
PLUGINS = sorted(path.name for path in (ROOT / "plugins").iterdir() if path.is_dir())


def test_every_package_is_in_the_wheel() -> None:
    packages = [f"plugins/{name}/mestral_{name}" for name in PLUGINS]
    assert PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"] == ["core/mestral", *packages]
    for package in ["core/mestral", *packages]:
        assert (ROOT / package / "__init__.py").is_file()
        assert (ROOT / package / "py.typed").is_file()


def test_every_plugin_is_an_entry_point() -> None:
    expected = {name: f"mestral_{name}:plugin" for name in PLUGINS}
    assert PROJECT["project"]["entry-points"]["mestral.plugins"] == expected


def test_nothing_else_importable_lies_beside_a_package() -> None:
    # Every directory of an editable install is on the path: a `tests` there would be importable by that name.
    for folder in [ROOT / "core", *(ROOT / "plugins" / name for name in PLUGINS)]:
        others = [
            path.name
            for path in folder.iterdir()
            if not path.name.startswith(("mestral", ".", "__pycache__"))
        ]
        assert others == [], folder


def test_type_checker_finds_every_package() -> None:
    assert PROJECT["tool"]["mypy"]["mypy_path"] == ["core", *(f"plugins/{name}" for name in PLUGINS)]


def test_extra_of_every_manifest_exists_and_is_part_of_all() -> None:
    extras = PROJECT["project"]["optional-dependencies"]
    (everything,) = extras["all"]
    for name in PLUGINS:
        extra = importlib.import_module(f"mestral_{name}").plugin.manifest.extra
        if extra is not None:
            assert extra in extras
            assert extra in everything.partition("[")[2].rstrip("]").split(",")
