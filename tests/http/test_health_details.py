"""`GET /health`: who gets to see what."""

from typing import Any

import pytest
from tests.http.conftest import MakeClient
from tests.probe import SECRET_KEY, SECRET_TOKEN

TOKEN = {"Authorization": f"Bearer {SECRET_TOKEN}"}


def probe_of(answer: Any) -> dict[str, Any]:
    found: dict[str, Any] = next(one for one in answer.json()["plugins"] if one["name"] == "probe")
    return found


def test_identified_see_everything(make_client: MakeClient) -> None:
    answer = make_client(plugins__probe__break_startup=True).get("/health", headers=TOKEN)
    assert answer.status_code == 200
    body = answer.json()
    assert (body["status"], body["readers"]["restarts"]) == ("degraded", 0)
    probe = probe_of(answer)
    assert (probe["version"], probe["state"], probe["wanted"], probe["required"]) == (
        "0.1",
        "degraded",
        True,
        False,
    )
    assert "RuntimeError: cannot start" in probe["reason"]
    assert probe["checks"]["mood"] == "ok"
    assert {"load", "routes", "assemble"} <= probe["seconds"].keys()
    assert [one["state"] for one in body["plugins"] if one["name"] == "experiments"] == ["disabled"]


@pytest.mark.parametrize(
    ("headers", "level"), [({}, "ALL"), ({"Authorization": "Bearer wrong"}, "ALL")], ids=["none", "bad"]
)
def test_who_may_not_read_gets_the_status_alone(
    make_client: MakeClient, headers: dict[str, str], level: str
) -> None:
    answer = make_client(plugins__probe__break_startup=True, auth__protection_level=level).get(
        "/health", headers=headers
    )
    assert (answer.status_code, answer.json()) == (200, {"status": "degraded"})


def test_anonymous_who_may_read_get_states_without_reasons(make_client: MakeClient) -> None:
    client = make_client(
        plugins__probe__break_startup=True,
        plugins__probe__complaint="/a/path is full",
        auth__protection_level="NONE",
    )
    answer = client.get("/health")
    assert probe_of(answer) == {
        "name": "probe",
        "version": "0.1",
        "state": "degraded",
        "wanted": True,
        "required": False,
    }
    assert "readers" not in answer.json()
    assert "cannot start" not in answer.text
    assert "/a/path" not in answer.text


def test_required_plugin_that_is_not_active_is_a_503(make_client: MakeClient) -> None:
    client = make_client(plugins__probe__break_startup=True, plugins__probe__required=True)
    answer = client.get("/health")
    assert (answer.status_code, answer.json()) == (503, {"status": "not ready"})


def test_secrets_are_in_no_answer(make_client: MakeClient) -> None:
    complaint = "cannot reach postgresql://user:hush-hush@host/db"
    answer = make_client(plugins__probe__complaint=complaint).get("/health", headers=TOKEN)
    assert "postgresql://user:********@host/db" in probe_of(answer)["checks"]["mood"]
    for secret in ("hush-hush", SECRET_KEY, SECRET_TOKEN):
        assert secret not in answer.text
