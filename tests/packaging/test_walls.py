"""The walls of the house: who may import whom, and what importing costs (docs/architecture.md)."""

import ast
import importlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CORE = ROOT / "core" / "mestral"
PACKAGES = {path.name: path for path in sorted(ROOT.glob("plugins/*/mestral_*"))}

PUBLIC_MODULES = ("mestral", "mestral.http", "mestral.login", "mestral.readers")
MAY_USE_EXPERIMENTS = ("mestral_workers", "mestral_runners")


def imports(folder: Path) -> Iterator[tuple[str, str, str]]:
    """Every absolute import below a folder: where, module, and the name taken from it (empty for the module
    itself)."""
    for path in sorted(folder.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            where = f"{path.relative_to(ROOT)}:{getattr(node, 'lineno', 0)}"
            if isinstance(node, ast.Import):
                yield from ((where, alias.name, "") for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
                yield from ((where, node.module, alias.name) for alias in node.names)


def public_names(module: str) -> set[str]:
    return {*importlib.import_module(module).__all__, "__version__"}


def test_core_imports_no_plugin() -> None:
    wrong = [where for where, module, _ in imports(CORE) if module.startswith("mestral_")]
    assert wrong == []


@pytest.mark.parametrize("package", PACKAGES)
def test_plugin_imports_public_names_only(package: str) -> None:
    wrong = []
    for where, module, name in imports(PACKAGES[package]):
        top = module.partition(".")[0]
        if top == "mestral":
            allowed = module in PUBLIC_MODULES and (name == "" or name in public_names(module))
        elif top.startswith("mestral_") and top != package:
            allowed = (
                package in MAY_USE_EXPERIMENTS
                and module == "mestral_experiments"
                and name in public_names("mestral_experiments")
            )
        else:
            allowed = True
        if not allowed:
            wrong.append(f"{where}: {module} {name}")
    assert wrong == []


@pytest.mark.parametrize("module", ["mestral", "mestral.plugins", "mestral.settings", *PACKAGES])
def test_importing_is_light(module: str) -> None:
    # `import *` resolves every public name: `mestral` is lazy, and importing it alone would prove nothing.
    heavy = "('litestar', 'sqlalchemy', 'huey')"
    code = f"from {module} import *; import sys; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == "[]", done.stderr
