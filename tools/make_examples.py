"""Answer the requests in the files of OpenAPI examples anew, from the sample tree of ``mestral demo``.

    python tools/make_examples.py

The files (``examples.json`` in core and beside the routes of a plugin) hold requests and their answers. To
add an example, write its request (summary, parameters, token, expected status) and run this. Guarantees:
every answer in them was given by a real server over the sample tree, with the status that is written there.
"""

import os
import secrets
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import msgspec
from litestar.testing import TestClient

from mestral.app import build_app
from mestral.http.openapi.examples import CORE_EXAMPLES, Example, read_examples
from mestral.settings import load_settings
from mestral_experiments.demo import unpack

PLUGIN_EXAMPLES = Path(__file__).parents[1] / "plugins/experiments/mestral_experiments/api/examples.json"
FILES = (CORE_EXAMPLES, PLUGIN_EXAMPLES)
_ROOT = "/home"
"""Stands in answers for the folder that the sample tree was unpacked in."""


def main() -> int:
    """Write every file anew."""
    with tempfile.TemporaryDirectory() as folder, Recorder.open(Path(folder)) as recorder:
        for path in FILES:
            found = {
                operation: [recorder.answered(operation, example) for example in examples]
                for operation, examples in sorted(read_examples(path).items())
            }
            path.write_bytes(msgspec.json.format(msgspec.json.encode(found), indent=2) + b"\n")
    return 0


class Recorder:
    """A server over the sample tree, asked by operation id.

    Attributes:
        document: Its OpenAPI document.
    """

    def __init__(self, client: TestClient[Any], token: str, folder: Path) -> None:
        self._client = client
        self._folder = folder
        self._token = token
        self.document: dict[str, Any] = client.get("/openapi.json").json()
        self._routes = {
            operation["operationId"]: (method, path, operation)
            for path, operations in self.document["paths"].items()
            for method, operation in operations.items()
        }

    @classmethod
    @contextmanager
    def open(cls, folder: Path) -> Iterator["Recorder"]:
        """One over a fresh copy of the tree, in an empty folder."""
        token = secrets.token_urlsafe()
        settings = load_settings(
            environ={"AUTOSUBMIT_CONFIGURATION": str(unpack(folder)), "HOME": str(folder), "TZ": "UTC"},
            overrides={
                "state_dir": str(folder / "state"),
                "readers.count": 1,
                "auth.protection_level": "NONE",
                "auth.secret_token": token,
                "http.access_log": False,
            },
        )
        user = {"USER": "autosubmit", "SUDO_USER": ""}  # shown by filesystem-config
        with patch.dict(os.environ, user), TestClient(build_app(settings)) as client:
            yield cls(client, token, folder)

    def answered(self, operation_id: str, example: Example) -> Example:
        """The example with the answer that is given now."""
        method, path, operation = self._routes[operation_id]
        query = dict(example.parameters)
        for parameter in operation.get("parameters", ()):
            if parameter["in"] == "path":
                path = path.replace(f"{{{parameter['name']}}}", str(query.pop(parameter["name"])))
        answer = self._client.request(
            method,
            path,
            params={name: _text(value) for name, value in query.items()},
            json=example.body,
            headers={"authorization": f"Bearer {self._token}"} if example.token else {},
        )
        if answer.status_code != example.status:
            raise SystemExit(f"{operation_id} ({example.summary}): {answer.status_code} {answer.text}")
        text = answer.text.replace(str(self._folder), _ROOT)
        return msgspec.structs.replace(example, answer=msgspec.json.decode(text))


def _text(value: str | int | bool) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


if __name__ == "__main__":
    sys.exit(main())
