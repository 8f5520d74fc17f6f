"""Bring Swagger UI and Redoc from the npm registry into ``core/mestral/http/docs/assets``.

    python tools/vendor_docs.py

Guarantees: the packages are exactly those of ``PACKAGES``, checked by the digest that npm itself publishes;
the same packages give the same bytes (gzip without time or name). ``README.md`` beside the assets, written
here too, says what they are, where from, and what was changed. Needs npm.
"""

import base64
import gzip
import hashlib
import io
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

import msgspec

ASSETS = Path(__file__).parents[1] / "core/mestral/http/docs/assets"


class Package(msgspec.Struct, frozen=True, kw_only=True):
    """One npm package.

    Attributes:
        name, version, licence: As npm has them.
        integrity: Digest of its archive (Subresource Integrity, sha512).
        files: File of the archive, and its name here.
        licences: The same for texts that are kept beside them, not served.
        changes: Text in a file, and what stands in its place.
    """

    name: str
    version: str
    licence: str
    integrity: str
    files: dict[str, str]
    licences: dict[str, str]
    changes: dict[str, str] = {}


PACKAGES = (
    Package(
        name="swagger-ui-dist",
        version="5.35.0",
        licence="Apache-2.0",
        integrity="sha512-U06rpMtW9V3XPGOBeamTUSr0Z09jMX4IJuANpE/EZbAhw0G8CgwrzU4YmXkn/h0wCDNsXdGarTNNHC3sU8yVUQ==",
        files={"swagger-ui-bundle.js": "swagger-ui.js", "swagger-ui.css": "swagger-ui.css"},
        licences={
            "LICENSE": "swagger-ui.LICENSE.txt",
            "NOTICE": "swagger-ui.NOTICE.txt",
            "swagger-ui-bundle.js.LICENSE.txt": "swagger-ui.js.LICENSE.txt",
        },
    ),
    Package(
        name="redoc",
        version="2.5.3",
        licence="MIT",
        integrity="sha512-bBbat+Sx6xKWdyoCGTtA0BWeTEW9Vs4VnEja7q7ZLOk4IM7cHQLrf+kDxWF6dKeKxT8kOBnoy/OsNXCeLttpyQ==",
        files={"bundles/redoc.standalone.js": "redoc.js"},
        licences={
            "LICENSE": "redoc.LICENSE.txt",
            "bundles/redoc.standalone.js.LICENSE.txt": "redoc.js.LICENSE.txt",
            "bundles/d87bcbdbea8f8f5aa26f.worker.js.LICENSE.txt": "redoc.worker.js.LICENSE.txt",
        },
        # The one thing it loads from the internet: its maker's logo. It hides a picture that is none.
        changes={"https://cdn.redoc.ly/redoc/logo-mini.svg": "data:,"},
    ),
)


def main() -> int:
    """Write all assets anew."""
    for path in ASSETS.glob("*.gz"):
        path.unlink()
    for package in PACKAGES:
        vendor(package)
    (ASSETS / "README.md").write_text(readme())
    return 0


def vendor(package: Package) -> None:
    """Write the files of one package."""
    with tarfile.open(fileobj=io.BytesIO(download(package)), mode="r:gz") as archive:

        def read(name: str) -> bytes:
            stream = archive.extractfile(f"package/{name}")
            assert stream is not None, name
            return stream.read()

        content = {target: read(name) for name, target in package.files.items()}
        for old, new in package.changes.items():
            assert sum(old.encode() in body for body in content.values()) == 1, f"{old} is not there"
            content = {target: body.replace(old.encode(), new.encode()) for target, body in content.items()}
        for target, body in content.items():
            (ASSETS / f"{target}.gz").write_bytes(packed(body))
        for name, target in package.licences.items():
            (ASSETS / target).write_bytes(read(name))


def download(package: Package) -> bytes:
    """The archive of a package, checked."""
    with tempfile.TemporaryDirectory() as folder:
        command = ["npm", "pack", "--silent", f"{package.name}@{package.version}"]
        subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)
        (path,) = Path(folder).iterdir()
        body = path.read_bytes()
    digest = "sha512-" + base64.b64encode(hashlib.sha512(body).digest()).decode()
    if digest != package.integrity:
        raise SystemExit(f"{package.name} {package.version} has the digest {digest}: not the one expected")
    return body


def packed(body: bytes) -> bytes:
    """Compressed, always the same way."""
    return gzip.compress(body, compresslevel=9, mtime=0)


def readme() -> str:
    """What the assets are, for people."""
    lines = [
        "# Assets of the documentation pages",
        "",
        "Written by `tools/vendor_docs.py`: do not edit. Shipped compressed, as they are sent.",
        "",
        "| file | from | licence | text |",
        "|---|---|---|---|",
    ]
    for package in PACKAGES:
        texts = ", ".join(f"`{name}`" for name in package.licences.values())
        origin = f"npm `{package.name}@{package.version}`"
        lines += [
            f"| `{target}.gz` | {origin}, `{name}` | {package.licence} | {texts} |"
            for name, target in package.files.items()
        ]
    lines.append("")
    for package in PACKAGES:
        lines.append(f"- `{package.name}@{package.version}`: `{package.integrity}`")
        lines += [f"  - changed: `{old}` became `{new}`" for old, new in package.changes.items()]
    return "\n".join([*lines, ""])


if __name__ == "__main__":
    sys.exit(main())
