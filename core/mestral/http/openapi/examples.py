"""Examples that core and plugins ship: real requests and what was answered.

Guarantees: a file that is missing or broken costs its examples, never the document.
"""

import logging
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec

from mestral.plugins import PluginRecord

logger = logging.getLogger(__name__)

CORE_EXAMPLES = Path(__file__).with_name("examples.json")


class Example(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One request and its answer.

    Attributes:
        summary: What it shows, in a few words.
        status: HTTP status of the answer.
        parameters: Path and query parameters of the request, by name.
        body: JSON body of the request, None for none.
        token: Whether a valid token was sent.
        answer: Body of the answer.
    """

    summary: str
    status: int = 200
    parameters: dict[str, str | int | bool] = {}
    body: Any = None
    token: bool = False
    answer: Any = None


ExampleFile = dict[str, list[Example]]
"""Operation id -> its examples."""


def read_examples(path: Path) -> ExampleFile:
    """A file of examples. Raises OSError or msgspec's DecodeError."""
    return msgspec.json.decode(path.read_bytes(), type=ExampleFile)


class Examples:
    """All examples of core and of these plugins."""

    def __init__(self, records: Iterable[PluginRecord]) -> None:
        self._known: ExampleFile = {}
        files = [routes.examples for record in records for routes in record.routes if routes.examples]
        for path in (CORE_EXAMPLES, *files):
            try:
                self._known |= read_examples(path)
            except (OSError, msgspec.DecodeError) as error:
                logger.warning("The OpenAPI document lacks the examples of %s: %s", path, error)

    def show(self, operation: dict[str, Any]) -> None:
        """Put the examples of an operation into it; the first one gives those of its parameters."""
        for number, example in enumerate(self._known.get(operation["operationId"], ()), 1):
            content = operation["responses"].get(str(example.status), {}).get("content", {})
            _show(content, number, example.summary, example.answer)
            if example.body is not None:
                content = operation.get("requestBody", {}).get("content", {})
                _show(content, number, example.summary, example.body)
            if number == 1:
                for parameter in operation.get("parameters", ()):
                    if parameter["name"] in example.parameters:
                        parameter["example"] = example.parameters[parameter["name"]]


def _show(content: dict[str, Any], number: int, summary: str, value: Any) -> None:
    for media in content.values():
        media.setdefault("examples", {})[str(number)] = {"summary": summary, "value": value}
