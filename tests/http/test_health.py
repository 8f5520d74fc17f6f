"""Health: what makes a front not ready, and what only informs."""

import pytest
from tests.http.conftest import MakeClient


def test_live(make_client: MakeClient) -> None:
    answer = make_client().get("/health/live")
    assert (answer.status_code, answer.json()) == (200, {"status": "live"})


@pytest.mark.parametrize(
    ("complaint", "shown"),
    [
        ("", "ok"),
        ("The disk is nearly full.", "The disk is nearly full."),
        ("raise", "The check itself failed; the log says why."),
    ],
)
def test_checks_inform_and_never_decide(make_client: MakeClient, complaint: str, shown: str) -> None:
    answer = make_client(plugins__probe__complaint=complaint).get("/health/ready")
    assert answer.status_code == 200
    assert answer.json() == {"status": "ready", "missing": [], "checks": {"probe.mood": shown}}


@pytest.mark.parametrize(("required", "status"), [(True, 503), (False, 200)])
def test_required_plugin_that_is_not_active_makes_it_not_ready(
    make_client: MakeClient, required: bool, status: int
) -> None:
    client = make_client(plugins__probe__break_startup=True, plugins__probe__required=required)
    answer = client.get("/health/ready")
    assert answer.status_code == status
    assert answer.json()["status"] == ("not ready" if required else "ready")
    assert answer.json()["missing"] == (["probe"] if required else [])
    assert client.get("/health/live").status_code == 200


def test_plugin_that_cannot_start_is_degraded_and_the_rest_serves(make_client: MakeClient) -> None:
    client = make_client(plugins__probe__break_startup=True)
    assert client.get("/x/probe/open").status_code == 200
    record = client.app.state.platform.plugins.get("probe")
    assert record.state == "degraded"
    assert "cannot start" in record.reason
