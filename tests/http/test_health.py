"""Health: what makes a front not ready, and what only informs."""

import shutil
from pathlib import Path

import pytest
from tests.http.conftest import MakeClient
from tests.probe import SECRET_TOKEN


def test_live(make_client: MakeClient) -> None:
    answer = make_client().get("/health/live")
    assert (answer.status_code, answer.json()) == (200, {"status": "live"})


@pytest.mark.parametrize(
    ("complaint", "status", "shown"),
    [
        ("", "ready", "ok"),
        ("The disk is nearly full.", "degraded", "failing: The disk is nearly full."),
        ("raise", "degraded", "failing: The check itself failed; the log says why."),
        ("exit", "degraded", "failing: The check itself failed; the log says why."),
        ("cancel", "degraded", "failing: The check itself failed; the log says why."),
    ],
)
def test_checks_inform_and_never_decide(
    make_client: MakeClient, complaint: str, status: str, shown: str
) -> None:
    client = make_client(plugins__probe__complaint=complaint)
    answer = client.get("/health/ready", headers={"Authorization": f"Bearer {SECRET_TOKEN}"})
    assert answer.status_code == 200
    assert answer.json() == {
        "status": status,
        "missing": [],
        "plugins": {},
        "checks": {"core.state_dir": "ok", "core.database": "ok", "probe.mood": shown},
    }


@pytest.mark.parametrize("level", ["ALL", "WRITEONLY", "NONE"])
@pytest.mark.parametrize(
    ("headers", "told"), [({}, False), ({"Authorization": f"Bearer {SECRET_TOKEN}"}, True)], ids=["no", "yes"]
)
def test_reasons_are_for_those_with_a_token(
    make_client: MakeClient, level: str, headers: dict[str, str], told: bool
) -> None:
    client = make_client(
        plugins__probe__complaint="No room in /secret/path of postgresql://me:hidden@host/db.",
        plugins__probe__break_startup=True,
        auth__protection_level=level,
    )
    answer = client.get("/health/ready", headers=headers)
    assert (answer.status_code, answer.json()["status"]) == (200, "degraded")
    assert answer.json()["checks"]["probe.mood"].startswith("failing: ")
    assert answer.json()["plugins"]["probe"].startswith("degraded: ")
    assert ("/secret/path" in answer.text, "cannot start" in answer.text) == (told, told)
    assert "hidden" not in answer.text


@pytest.mark.parametrize(("required", "status"), [(True, 503), (False, 200)])
def test_required_plugin_that_is_not_active_makes_it_not_ready(
    make_client: MakeClient, required: bool, status: int
) -> None:
    client = make_client(plugins__probe__break_startup=True, plugins__probe__required=required)
    answer = client.get("/health/ready")
    assert answer.status_code == status
    assert answer.json()["status"] == ("not ready" if required else "degraded")
    assert answer.json()["missing"] == (["probe"] if required else [])
    assert client.get("/health/live").status_code == 200


def test_start_warns_of_what_a_check_finds(make_client: MakeClient, caplog: pytest.LogCaptureFixture) -> None:
    make_client(plugins__probe__complaint="The disk is nearly full.")
    assert "plugin probe serves, but: mood: The disk is nearly full." in caplog.text


def test_plugin_that_cannot_start_is_degraded_and_the_rest_serves(make_client: MakeClient) -> None:
    client = make_client(plugins__probe__break_startup=True)
    assert client.get("/x/probe/open").status_code == 200
    record = client.app.state.platform.plugins.get("probe")
    assert record.state == "degraded"
    assert "cannot start" in record.reason


def test_state_folder_that_cannot_be_written_is_seen(make_client: MakeClient, tmp_path: Path) -> None:
    client = make_client()
    token = {"Authorization": f"Bearer {SECRET_TOKEN}"}
    assert client.get("/health", headers=token).json()["state_dir"] == "ok"
    shutil.rmtree(tmp_path / "state")
    why = f"failing: nothing can be written into state_dir ({tmp_path / 'state'}): No such file or directory"
    answer = client.get("/health/ready", headers=token)
    assert (answer.status_code, answer.json()["status"]) == (200, "degraded")
    assert answer.json()["checks"]["core.state_dir"] == why
    assert client.get("/health", headers=token).json()["state_dir"] == why
    assert why in client.get("/status", headers=token).text
    for path in ("/health/ready", "/health", "/status"):
        assert str(tmp_path) not in client.get(path).text
