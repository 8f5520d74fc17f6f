"""`build_app`: services are made from the settings, apps share nothing, and what is broken stays alone."""

import logging

import pytest
from tests.http.conftest import MakeClient


def test_chosen_service_is_made_with_the_settings_of_its_plugin(make_client: MakeClient) -> None:
    client = make_client(plugins__probe__store="good", plugins__probe__complaint="none")
    assert client.get("/x/probe/store").json() == {"complaint": "none"}


@pytest.mark.parametrize("store", ["broken", None])
def test_service_that_cannot_be_made_costs_its_own_answers_alone(
    make_client: MakeClient, store: str | None, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.ERROR)
    client = make_client(plugins__probe__store=store)
    answer = client.get("/x/probe/store")
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert "/secret/path" not in answer.text
    assert client.get("/x/probe/open").status_code == 200
    record = client.app.state.platform.plugins.get("probe")
    assert record.state == ("degraded" if store else "active")
    assert ("no disk for /secret/path" in caplog.text) is bool(store)


def test_two_apps_in_one_process_share_nothing(make_client: MakeClient) -> None:
    open_to_all = make_client(auth__protection_level="NONE", server__root_path="/a")
    protected = make_client(server__root_path="/b")
    for _ in range(2):
        assert open_to_all.get("/x/probe/items/a").status_code == 200
        assert protected.get("/x/probe/items/a").status_code == 401
        assert (
            open_to_all.get("/a/health/live").status_code
            == protected.get("/b/health/live").status_code
            == 200
        )
        assert open_to_all.get("/b/health/live").status_code == 404
