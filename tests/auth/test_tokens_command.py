"""`mestral tokens`: made, listed and revoked by the administrator, while a server runs or not."""

import json
from pathlib import Path

from tests.auth.kinds import bearer
from tests.command import run_mestral
from tests.http.conftest import MakeClient
from tests.probe import SECRET_KEY


def test_made_listed_revoked(make_client: MakeClient, tmp_path: Path) -> None:
    client = make_client(auth__accounts={"local:robot": "carol"})
    (tmp_path / "mestral.toml").write_text(
        f'state_dir = "{tmp_path / "state"}"\n[plugins]\nonly = []\n[auth]\nsecret_key = "{SECRET_KEY}"\n'
    )

    def run(*arguments: str) -> tuple[int, str, str]:
        done = run_mestral(tmp_path, "tokens", *arguments, environ={})
        return done.returncode, done.stdout, done.stderr

    code, text, told = run("create", "robot", "--name", "nightly", "--scope", "read", "--days", "7")
    assert code == 0, told
    assert "of local:robot, 'nightly', for read, expires" in told
    assert text.strip() not in told
    assert client.get("/x/probe/me", headers=bearer(text.strip())).json() == {"me": "local:robot"}

    code, other, told = run(
        "create", "octo", "--login", "github", "--subject", "583231", "--name", "b", "--scope", "operate"
    )
    assert (code, "of github:583231" in told) == (0, True)
    assert client.get("/x/probe/me", headers=bearer(other.strip())).status_code == 401  # no such login here

    code, listed, _ = run("list", "--json")
    assert {row["user"]: (row["name"], row["scopes"]) for row in json.loads(listed)} == {
        "local:robot": ("nightly", ["read"]),
        "github:583231": ("b", ["operate"]),
    }
    assert text.strip() not in run("list")[1]
    ids = {row["user"]: row["id"] for row in json.loads(listed)}
    assert run("revoke", ids["local:robot"])[0] == 0
    code, _, told = run("revoke", "nonsense")
    assert (code, "no token with the id 'nonsense'" in told) == (1, True)
    assert run("create", "robot", "--name", "x", "--days", "400")[0] == 2
    assert client.get("/health", headers=bearer(text.strip())).status_code == 200
