"""Answer the requests in the files of OpenAPI examples anew, from the sample tree of ``mestral demo``.

    python tools/make_examples.py

The files (``examples.json`` in core and beside the routes of a plugin) hold requests and their answers. To
add an example, write its request (summary, parameters, token, expected status) and run this. Guarantees:
every answer in them was given by a real server over the sample tree, with the status that is written there.
"""

import asyncio
import os
import re
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import msgspec
from litestar.testing import TestClient

from mestral import Identity, Platform
from mestral.app import build_app
from mestral.auth.once import Once
from mestral.database.engine import Database
from mestral.database.preferences import Preference, keep_all
from mestral.http.openapi.examples import CORE_EXAMPLES, Example, read_examples
from mestral.settings import load_settings
from mestral_experiments.demo import unpack

PLUGIN_EXAMPLES = Path(__file__).parents[1] / "plugins/experiments/mestral_experiments/api/examples.json"
FILES = (CORE_EXAMPLES, PLUGIN_EXAMPLES)
_ROOT = "/home"
"""Stands in answers for the folder that the sample tree was unpacked in."""

_ALICE = Identity(provider="local", subject="alice", username="alice")
_TOKEN = """
INSERT INTO mestral_token VALUES ('4f0d6a5f1c3b2e90', '', 'nightly report', 'local', 'alice', 'alice', '[]',
'read', 1795564800, 4102444800, NULL, NULL)
"""
_TIMES = {"created": "2026-11-23-19:25:19+00:00", "modified": "2026-11-23-19:25:20+00:00"}
_CODE = "Yk9uVuoxKo3bN0mL1pSg5bA0-Ya2GvqSmtpbWk3oT5c"
_CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
"""Of the verifier in appendix B of RFC 7636."""
_SECRETS = {r"Bearer eyJ[\w.-]+": "Bearer eyJ...", r"mst_[\w-]{43}": "mst_..."}


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

    def __init__(self, client: TestClient[Any], folder: Path) -> None:
        self._client = client
        self._folder = folder
        self._platform: Platform = client.app.state.platform
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
        settings = load_settings(
            environ={"AUTOSUBMIT_CONFIGURATION": str(unpack(folder)), "HOME": str(folder), "TZ": "UTC"},
            overrides={
                "state_dir": str(folder / "state"),
                "readers.count": 1,
                "auth.protection_level": "NONE",
                "auth.accounts": {_ALICE.id: "alice"},
                "http.access_log": False,
            },
        )
        user = {"USER": "autosubmit", "SUDO_USER": ""}  # shown by filesystem-config
        with patch.dict(os.environ, user), TestClient(build_app(settings)) as client:
            yield cls(client, folder)

    def _prepare(self) -> None:
        """What alice has, and a login of hers that waits for its code to be exchanged."""
        identity = msgspec.to_builtins(_ALICE)
        waiting = {"challenge": _CHALLENGE, "logged_in": {"identity": identity, "session": ""}}
        with closing(Database(self._platform.settings)) as database:

            def work(connection: Any) -> None:
                for statement in ("DELETE FROM mestral_token", _TOKEN, "DELETE FROM mestral_once"):
                    connection.exec_driver_sql(statement)

            database.work(work, writes=True)
            keep_all(database, [Preference(user_id="alice", preferred_username="al", **_TIMES)])
            asyncio.run(Once(database).keep("code", _CODE, msgspec.json.encode(waiting).decode(), 600))

    def answered(self, operation_id: str, example: Example) -> Example:
        """The example with the answer that is given now."""
        self._prepare()
        method, path, operation = self._routes[operation_id]
        query, token = dict(example.parameters), self._platform.tokens.issue(_ALICE)
        for parameter in operation.get("parameters", ()):
            if parameter["in"] == "path":
                path = path.replace(f"{{{parameter['name']}}}", str(query.pop(parameter["name"])))
        answer = self._client.request(
            method,
            path,
            params={name: _text(value) for name, value in query.items()},
            json=example.body,
            headers={"authorization": f"Bearer {token}"} if example.token else {},
        )
        if answer.status_code != example.status:
            raise SystemExit(f"{operation_id} ({example.summary}): {answer.status_code} {answer.text}")
        text = answer.text.replace(str(self._folder), _ROOT)
        for pattern, shown in _SECRETS.items():
            text = re.sub(pattern, shown, text)
        return msgspec.structs.replace(example, answer=msgspec.json.decode(text))


def _text(value: str | int | bool) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


if __name__ == "__main__":
    sys.exit(main())
