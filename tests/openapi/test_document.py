"""The OpenAPI document says what it should of every route, and the real answers are what it says."""

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from msgspec import defstruct
from tools.make_examples import FILES, Recorder

from mestral.http.openapi.examples import Example, read_examples
from mestral.http.openapi.schemas import Schemas

Operation = dict[str, Any]
KNOWN = {operation: examples for path in FILES for operation, examples in read_examples(path).items()}
CASES = [(operation, example) for operation, examples in KNOWN.items() for example in examples]


@pytest.fixture(scope="module")
def recorder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Recorder]:
    with Recorder.open(tmp_path_factory.mktemp("examples")) as recorder:
        yield recorder


@pytest.fixture(scope="module")
def closed(recorder: Recorder) -> dict[str, Any]:
    """The document with objects that may hold nothing but what it names."""
    document = copy.deepcopy(recorder.document)
    for schema in document["components"]["schemas"].values():
        if "properties" in schema:
            schema["additionalProperties"] = False
    return document


def operations(document: dict[str, Any]) -> dict[str, Operation]:
    return {
        operation["operationId"]: operation
        for path in document["paths"].values()
        for operation in path.values()
    }


@pytest.mark.parametrize(("operation_id", "example"), CASES, ids=[f"{o}: {e.summary}" for o, e in CASES])
def test_examples_are_shown_and_like_the_real_answers(
    operation_id: str, example: Example, recorder: Recorder, closed: dict[str, Any]
) -> None:
    answered = recorder.answered(operation_id, example)
    assert shape(answered.answer) == shape(example.answer), "run tools/make_examples.py"
    media = operations(closed)[operation_id]["responses"][str(example.status)]["content"]["application/json"]
    assert {"summary": example.summary, "value": example.answer} in media["examples"].values()
    schema = {**media["schema"], "components": closed["components"]}
    validator = jsonschema_rs.Draft202012Validator(schema)
    validator.validate(answered.answer)
    with pytest.raises(jsonschema_rs.ValidationError):
        validator.validate({"nonsense": 1})


def test_every_route_has_an_example_of_a_success(recorder: Recorder) -> None:
    in_json = {
        name
        for name, operation in operations(recorder.document).items()
        if "application/json" in operation["responses"]["200"]["content"]
    }
    lacking = in_json - {operation for operation, example in CASES if example.status == 200}
    assert lacking == {"core.openapi"}  # its answer is this document


def test_everything_is_in_words(recorder: Recorder) -> None:
    document = recorder.document
    for operation_id, operation in operations(document).items():
        assert operation["summary"], operation_id
        assert operation["description"], operation_id
        for parameter in operation.get("parameters", ()):
            assert parameter.get("description"), (operation_id, parameter["name"])
            assert parameter["schema"].get("type"), (operation_id, parameter["name"])
    assert document["info"]["description"]
    used = {tag for operation in operations(document).values() for tag in operation["tags"]}
    described = {tag["name"] for tag in document["tags"] if tag["description"]}
    assert used <= described


def test_a_route_that_reads_data_lists_what_may_go_wrong(recorder: Recorder) -> None:
    jobs = operations(recorder.document)["experiments.jobs"]
    assert list(jobs["responses"]) == ["200", "304", "404", "414", "422", "500", "503"]
    assert jobs["responses"]["404"]["description"] == "There is no such experiment."
    assert "ETag" in jobs["responses"]["200"]["headers"]


def test_broken_examples_cost_no_document(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    broken = tmp_path / "examples.json"
    broken.write_text("{")
    monkeypatch.setattr("mestral.http.openapi.examples.CORE_EXAMPLES", broken)
    with Recorder.open(tmp_path) as recorder:
        assert "core.health_live" in operations(recorder.document)
    assert str(broken) in caplog.text


def test_bodies_of_one_name_and_bodies_without_schema(caplog: pytest.LogCaptureFixture) -> None:
    schemas = Schemas()
    first, second = (defstruct("Item", [("value", kind)]) for kind in (int, str))
    references = [schemas.of(body, "probe") for body in (first, second, first)]
    assert references[0] == references[2] == {"$ref": "#/components/schemas/probe.Item"}
    kinds = [item["properties"]["value"]["type"] for item in schemas.components().values()]
    assert kinds == ["integer", "string"]
    assert schemas.of((first, None), "probe") == {"anyOf": [references[0], {"type": "null"}]}
    assert schemas.of(object(), "probe") is None
    assert "plugin probe is not described" in caplog.text


def shape(value: Any) -> Any:
    """Keys and types, with the entries of lists that are alike counted once."""
    if isinstance(value, dict):
        return {key: shape(inner) for key, inner in value.items()}
    if isinstance(value, list):
        shapes: list[Any] = []
        for inner in map(shape, value):
            if inner not in shapes:
                shapes.append(inner)
        return shapes
    return type(value).__name__
