"""Real third-party distributions for tests: wheels written by hand, and installed.

A wheel is a zip of the package and its metadata; installing a pure one is unpacking it, which takes no pip.
"""

import base64
import hashlib
import zipfile
from collections.abc import Mapping
from pathlib import Path

HEADER = """\
from mestral import Access, HealthCheck, Manifest, Routes, Service, hookimpl

def manifest(name, **more):
    more = {"version": "1.0", "summary": "For tests.", "requires_api": ">=0.1", **more}
    return Manifest(name=name, **more)

def route(path, operation_id, access=Access.PUBLIC, by="get"):
    from mestral import http

    async def handler() -> dict[str, str]:
        return {"served": operation_id}

    return getattr(http, by)(path, access=access, operation_id=operation_id)(handler)

"""
"""Put before the source of every package, so that a case shows only what is special about it."""


def make_wheel(
    folder: Path,
    distribution: str,
    source: str,
    *,
    plugins: Mapping[str, str] | None = None,
    version: str = "1.0",
) -> Path:
    """Write a wheel.

    Args:
        folder: Where to.
        distribution: Its name; its one module is named so too.
        source: Source of the module, below `HEADER`.
        plugins: Entry points of `mestral.plugins`; by default the distribution's name -> its `plugin`.
        version: Its version.
    """
    package = distribution.replace("-", "_")
    plugins = plugins if plugins is not None else {distribution: f"{package}:plugin"}
    entry_points = "".join(f"{name} = {value}\n" for name, value in plugins.items())
    info = f"{package}-{version}.dist-info"
    files = {
        f"{package}.py": HEADER + source,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {distribution}\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/entry_points.txt": f"[mestral.plugins]\n{entry_points}",
    }
    files[f"{info}/RECORD"] = "".join(map(_record, files, files.values())) + f"{info}/RECORD,,\n"
    wheel = folder / f"{package}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return wheel


def install(wheel: Path, site: Path) -> None:
    """Install a pure wheel into a folder that is to be on the path."""
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)


def _record(name: str, text: str) -> str:
    digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
    return f"{name},sha256={digest},{len(text.encode())}\n"
