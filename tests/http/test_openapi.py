"""The OpenAPI document tells the truth about every route."""

from typing import Any

import pytest
from litestar import Litestar
from litestar.testing import TestClient
from tests.http.conftest import MakeClient

Client = TestClient[Litestar]


def operations(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {
        operation["operationId"]: operation
        for path in document["paths"].values()
        for operation in path.values()
    }


@pytest.fixture
def document(client: Client) -> dict[str, Any]:
    answer = client.get("/openapi.json")
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json()
    return found


def test_every_operation_has_id_plugin_tag_access_and_error_answers(document: dict[str, Any]) -> None:
    count = sum(len(path) for path in document["paths"].values())
    found = operations(document)
    assert len(found) == count, "operation ids are not unique"
    assert {"core.verify_token", "core.token_test", "core.token_test_post", "probe.item"} <= set(found)
    for name, operation in found.items():
        plugin = name.partition(".")[0]
        assert (operation["x-plugin"], operation["tags"]) == (plugin, [plugin])
        assert operation["x-access"] in {"public", "identified", "read", "operate"}
        schema = operation["responses"]["500"]["content"]["application/json"]["schema"]
        assert schema == {"$ref": "#/components/schemas/Problem"}
        for answer in operation["responses"].values():
            assert answer["headers"]["X-Request-ID"]
            assert answer["description"]
    assert document["openapi"].startswith("3.1")
    assert {"name": "probe", "description": "A probe. (version 0.1)"} in document["tags"]
    assert document["servers"] == [{"url": "/"}]


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    def references(node: Any) -> list[str]:
        if isinstance(node, dict):
            own = [node["$ref"]] if "$ref" in node else []
            return own + [ref for value in node.values() for ref in references(value)]
        return [ref for value in node for ref in references(value)] if isinstance(node, list) else []

    found = references(document)
    assert found
    for reference in found:
        target: Any = document
        for step in reference.removeprefix("#/").split("/"):
            target = target[step]


def test_query_parameters_are_described(document: dict[str, Any]) -> None:
    parameters = {p["name"]: p for p in operations(document)["probe.item"]["parameters"]}
    assert parameters["name"]["in"] == "path"
    assert parameters["kind"] == {
        "name": "kind",
        "in": "query",
        "required": False,
        "description": "Its kind.",
        "schema": {"type": "string", "enum": ["test", "operational", "experiment"]},
    }
    assert parameters["page"]["schema"] == {"type": "integer", "default": 1, "minimum": 1, "maximum": 1000}
    assert parameters["flag"]["schema"] == {"type": "boolean", "default": True}
    assert parameters["word"]["schema"] == {"type": "string", "minLength": 1}
    assert "camelCase" in parameters


def test_body_is_described(document: dict[str, Any]) -> None:
    make = operations(document)["probe.make"]
    shapes = (make["requestBody"], make["responses"]["200"])
    for shape in shapes:
        schema = shape["content"]["application/json"]["schema"]
        assert schema == {"$ref": "#/components/schemas/probe.Thing"}
    thing = document["components"]["schemas"]["probe.Thing"]
    assert thing["properties"]["size"] == {"type": "integer", "minimum": 1, "default": 1}
    assert list(make["responses"]) == ["200", "401", "403", "408", "413", "414", "422", "429", "500", "503"]


def test_errors_that_the_settings_make_possible_are_listed(make_client: MakeClient) -> None:
    limits = {"server__allowed_hosts": ["testserver.local"], "server__max_requests_per_client": 5}
    document = make_client(**limits).get("/openapi.json", headers={"host": "testserver.local"}).json()
    responses = operations(document)["probe.item"]["responses"]
    assert list(responses) == ["200", "400", "401", "404", "414", "422", "429", "500", "503"]
    assert set(responses["401"]["headers"]) == {"X-Request-ID", "WWW-Authenticate"}
    assert set(responses["503"]["headers"]) == {"X-Request-ID", "Retry-After"}


def test_options_names_every_method_of_a_path(client: Client) -> None:
    assert client.options("/v3/tokentest").headers["allow"] == "GET, HEAD, OPTIONS, POST"
    assert client.options("/x/probe/things").headers["allow"] == "OPTIONS, POST"


def test_security_follows_the_protection_level(make_client: MakeClient) -> None:
    def security(level: str) -> dict[str, Any]:
        found = operations(make_client(auth__protection_level=level).get("/openapi.json").json())
        return {name: found[f"probe.{name}"].get("security") for name in ("open", "me", "item", "operate")}

    needed: list[dict[str, list[str]]] = [{"bearer": []}]
    optional = [*needed, {}]
    assert security("ALL") == {"open": None, "me": needed, "item": needed, "operate": needed}
    assert security("WRITEONLY") == {"open": None, "me": needed, "item": optional, "operate": needed}
    assert security("NONE") == {"open": None, "me": needed, "item": optional, "operate": optional}
    owners = {"auth__protection_level": "NONE", "auth__operate": "owner"}
    found = operations(make_client(**owners).get("/openapi.json").json())
    assert found["probe.operate"]["security"] == needed


def test_there_are_no_other_pages_than_those_of_mestral(client: Client) -> None:
    for path in ("/schema", "/schema/swagger", "/schema/openapi.json", "/schema/anything"):
        assert client.get(path).status_code == 404
        assert client.get(path).json()["error"] is True


def test_the_document_is_compressed_and_not_sent_twice(client: Client) -> None:
    answer = client.get("/openapi.json", headers={"accept-encoding": "gzip"})
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.json() == client.get("/openapi.json", headers={"accept-encoding": "identity"}).json()
    again = client.get("/openapi.json", headers={"if-none-match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
