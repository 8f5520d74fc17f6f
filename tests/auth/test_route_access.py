"""Every route x PROTECTION_LEVEL x credentials, enumerated from the app (contract/AUTH.md A2, B2, C5)."""

import re
import time
from pathlib import Path

import jwt
import pytest
from litestar import Litestar, get
from litestar.testing import TestClient
from tests.http.conftest import MakeClient
from tests.probe import SECRET_KEY, install_probe, probe_settings, use_site

from mestral.app import build_app
from mestral.auth.guard import access_guard
from mestral.auth.personal import PersonalTokens
from mestral.auth.revocations import Revocations
from mestral.auth.tokens import Tokens
from mestral.cli.routes import RouteRow, list_routes
from mestral.database.engine import Database
from mestral.http.errors import answer_exception
from mestral.settings.access import AuthSettings

NEEDS_TOKEN = {
    ("public", "ALL"): False,
    ("public", "WRITEONLY"): False,
    ("public", "NONE"): False,
    ("identified", "ALL"): True,
    ("identified", "WRITEONLY"): True,
    ("identified", "NONE"): True,
    ("read", "ALL"): True,
    ("read", "WRITEONLY"): False,
    ("read", "NONE"): False,
    ("operate", "ALL"): True,
    ("operate", "WRITEONLY"): True,
    ("operate", "NONE"): True,  # the policy refuses the anonymous at every level
}

HARMLESS = {"experiments.v3_shutdown"}
"""Routes to operate about which the policy is not asked, so that protection levels alone protect them."""

MISBEHAVING = {f"probe.{name}" for name in ("half", "slow", "hold", "stuck", "end_task", "end_stream")}
"""Routes that take long or end whatever they run in: not for the test's own process."""

LOGOUT = "core.logout"
"""Makes the credentials of the test useless: comes last."""

TOKEN_CHECKS = {"core.verify_token", "core.token_test", "core.token_test_post"}
"""Public routes that answer 401 themselves, in a shape of their own."""


def credentials() -> dict[str, dict[str, str]]:
    def bearer(seconds: int) -> dict[str, str]:
        claims = {"user_id": "alice", "exp": int(time.time()) + seconds}
        return {"Authorization": f"Bearer {jwt.encode(claims, SECRET_KEY, algorithm='HS256')}"}

    return {
        "none": {},
        "valid": bearer(600),
        "expired": bearer(-600),
        "garbage": {"Authorization": "Bearer garbage"},
    }


def ask(client: TestClient[Litestar], row: RouteRow, headers: dict[str, str]) -> tuple[int, str]:
    path = re.sub(r"\{\w+\}", "a000", row.path)
    answer = client.request(row.method, path, headers=headers)
    refused = answer.status_code == 401 and row.operation_id not in TOKEN_CHECKS
    return answer.status_code, answer.json()["error_message"] if refused else ""


@pytest.mark.parametrize("level", ["ALL", "WRITEONLY", "NONE"])
@pytest.mark.parametrize("operate", ["owner", "authenticated"])
def test_every_route(tmp_path: Path, level: str, operate: str) -> None:
    install_probe(tmp_path / "site")
    with use_site(tmp_path / "site"):
        # All first-party plugins that need no settings take part beside the probe.
        settings = probe_settings(
            tmp_path,
            plugins__enabled=["probe"],
            plugins__only=None,
            auth__protection_level=level,
            auth__operate=operate,
        )
        app = build_app(settings)
        with TestClient(app, raise_server_exceptions=False) as client:
            app.state.platform.throttle._limits["token"] = 10**6
            rows = [row for row in list_routes(app) if row.operation_id not in MISBEHAVING]
            rows.sort(key=lambda row: row.operation_id == LOGOUT)
            assert {row.access for row in rows} == {"public", "identified", "read", "operate"}
            wrong = []
            for row in rows:
                needed = NEEDS_TOKEN[row.access, level]
                if row.access == "operate" and (operate == "authenticated" or row.operation_id in HARMLESS):
                    needed = level != "NONE"
                for name, headers in credentials().items():
                    status, message = ask(client, row, headers)
                    if name == "valid" and operate == "owner" and row.access == "operate":
                        # alice of an old token is no admin, and owns nothing
                        good = (status == 403) is (row.operation_id not in HARMLESS)
                    elif row.operation_id in TOKEN_CHECKS:
                        good = status == (200 if name == "valid" else 401)
                    elif needed and name != "valid":
                        expected = "Expired token" if name == "expired" else "Unauthorized"
                        good = (status, message) == (401, expected)
                    else:
                        good = status not in (401, 403, 405)
                    if not good:
                        wrong.append((row, name, status, message))
    assert wrong == []


def test_refusal_comes_before_parameters_and_body_are_looked_at(make_client: MakeClient) -> None:
    client = make_client(server__max_body_bytes=1024)
    assert client.get("/x/probe/items/a?page=x").status_code == 401
    assert client.post("/x/probe/things", content=b"{bad").status_code == 401
    assert client.post("/x/probe/things", content=b"a" * 4000).status_code == 401


def test_where_no_token_is_needed_a_valid_one_counts_and_a_bad_one_does_not(make_client: MakeClient) -> None:
    client = make_client(auth__protection_level="NONE")
    seen = {name: client.get("/x/probe/open", headers=headers) for name, headers in credentials().items()}
    assert {name: answer.json()["identity"] for name, answer in seen.items()} == {
        "none": None,
        "valid": "legacy:alice",
        "expired": None,
        "garbage": None,
    }


def test_route_without_access_level_is_refused_with_any_token(
    caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    @get("/forgotten", sync_to_thread=False)
    def forgotten() -> str:
        return "secret"

    database = Database(probe_settings(tmp_path))
    tokens = Tokens(AuthSettings(), SECRET_KEY, Revocations(database), PersonalTokens(database), ())
    guard = access_guard(tokens, AuthSettings(protection_level="NONE"))
    app = Litestar(
        [forgotten], guards=[guard], exception_handlers={Exception: answer_exception}, logging_config=None
    )
    with TestClient(app) as client:
        for headers in credentials().values():
            assert client.get("/forgotten", headers=headers).status_code == 401
    assert "has no access level" in caplog.text
