"""Who may operate what, over HTTP and by `mestral auth explain` (contract/AUTH.md B2, B3, B8, B23)."""

import fnmatch
import json
import os
import pwd
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.auth.doors import Client, Makes, bearer, by_gate, by_maze, by_proxy
from tests.command import run_mestral
from tests.experiments.moving import Moved
from tests.postgres import Postgres
from tests.probe import SECRET_KEY

from mestral.auth.policy import matches
from mestral.settings import SettingsError
from mestral_experiments.demo import unpack

ME = pwd.getpwuid(os.getuid()).pw_name
"""Who owns what tests write."""

MINE = "o000"
"""An experiment of the sample tree."""

Headers = Mapping[str, str]


def stop(client: Client, expid: str, headers: Headers | None = None) -> int:
    """Operate an experiment by both kinds of routes, which must agree."""
    by_path = client.post(f"/x/doors/{expid}/stop", headers=headers)
    by_body = client.post("/x/doors/stop", json={"expid": expid}, headers=headers)
    assert by_path.json() == by_body.json()
    assert by_path.status_code == by_body.status_code
    return int(by_path.status_code)


def sentence(client: Client, expid: str, headers: Headers) -> str:
    answer = client.post(f"/x/doors/{expid}/stop", headers=headers)
    assert answer.status_code == 403
    body = answer.json()
    assert (body["error"], body["code"]) == (True, "forbidden")
    return str(body["error_message"])


def test_by_default_nobody_but_admins_may_where_nobody_owns(make_doors: Makes) -> None:
    client = make_doors(
        auth__admins=["gate:root-of-all", "zoe", "group:operators"], auth__accounts={"maze:7": "zoe"}
    )
    other = bearer(by_gate(client, "alice"))
    assert sentence(client, "a000", other) == (
        "Only the owner of a000 and administrators of this server may do this. "
        "You are gate:alice, which is no account here (auth.accounts)."
    )
    admins = {
        "by identity": by_gate(client, "root-of-all"),
        "by account": by_maze(client, "7/bob"),
        "by group": by_proxy(client, "carol", "staff,operators"),
    }
    assert {how: stop(client, "a000", bearer(answer)) for how, answer in admins.items()} == dict.fromkeys(
        admins, 200
    )
    strangers = {
        "same name elsewhere": by_proxy(client, "root-of-all"),
        "named as the account": by_gate(client, "zoe"),
        "named as the group": by_gate(client, "operators"),
        "another group": by_proxy(client, "carol", "operator,operators2"),
        "same subject elsewhere": by_gate(client, "7/bob"),
        "a name that looks like an identity": by_proxy(client, "gate:root-of-all"),
    }
    refused = {how: stop(client, "a000", bearer(answer)) for how, answer in strangers.items()}
    assert refused == dict.fromkeys(strangers, 403)


@pytest.mark.parametrize("level", ["ALL", "WRITEONLY", "NONE"])
def test_the_anonymous_may_nothing_at_any_level(make_doors: Makes, level: str) -> None:
    client = make_doors(auth__protection_level=level)
    for headers in ({}, {"Authorization": "Bearer x"}):
        assert stop(client, "a000", headers) == 401
        assert client.post("/x/doors/make", headers=headers).status_code == 401
        assert client.post("/x/doors/stop", content=b"{bad", headers=headers).status_code == 401


@pytest.mark.parametrize(("level", "anonymous"), [("ALL", 401), ("WRITEONLY", 401), ("NONE", 200)])
def test_the_rule_of_autosubmit_api_can_be_had(make_doors: Makes, level: str, anonymous: int) -> None:
    rules = [{"effect": "deny", "expid": "prod*"}, {"effect": "deny", "user": "gate:mallory"}]
    client = make_doors(auth__operate="authenticated", auth__protection_level=level, auth__rules=rules)
    anybody = bearer(by_gate(client, "alice"))
    assert stop(client, "a000", anybody) == 200
    assert client.post("/x/doors/make", headers=anybody).status_code == 200
    assert stop(client, "a000") == anonymous
    assert stop(client, "prod", anybody) == 403
    assert stop(client, "prod1") == (403 if level == "NONE" else 401)
    assert stop(client, "a000", bearer(by_gate(client, "mallory"))) == 403


def test_rules_by_provider_user_group_and_experiment(make_doors: Makes) -> None:
    client = make_doors(
        auth__accounts={"maze:7": "alice"},
        auth__admins=["alice"],
        auth__rules=[
            {"effect": "allow", "user": "alice", "expid": "a*"},
            {"effect": "allow", "provider": "gate", "user": "bob", "expid": "b*1"},
            {"effect": "allow", "group": "ops", "expid": "*"},
            {"effect": "allow", "provider": "maze", "group": "night", "expid": "n000"},
            {"effect": "deny", "user": "proxy:carol", "expid": "x*"},
            {"effect": "deny", "expid": "frozen"},
        ],
    )
    alice, bob = bearer(by_maze(client, "7/x")), bearer(by_gate(client, "1/bob"))
    carol, night = bearer(by_proxy(client, "carol", "ops")), bearer(by_proxy(client, "dave", "night"))
    expected = {
        ("alice", "a000"): 200,
        ("alice", "zzzz"): 200,  # an admin
        ("alice", "frozen"): 403,  # a deny outweighs that
        ("bob", "b001"): 200,
        ("bob", "b1"): 200,
        ("bob", "b002"): 403,
        ("bob", "ab01"): 403,
        ("carol", "a000"): 200,
        ("carol", "x000"): 403,
        ("carol", "frozen"): 403,
        ("night", "n000"): 403,  # that group of another login
    }
    who = {"alice": alice, "bob": bob, "carol": carol, "night": night}
    assert {key: stop(client, key[1], who[key[0]]) for key in expected} == expected
    assert "denies it" in sentence(client, "frozen", alice)
    makes = {name: client.post("/x/doors/make", headers=headers).status_code for name, headers in who.items()}
    assert makes == {"alice": 200, "bob": 403, "carol": 200, "night": 403}  # no experiment: `*` fits, b*1 not


def test_two_people_of_one_name_stay_two_until_the_settings_join_them(make_doors: Makes) -> None:
    accounts = {"gate:1": "anna", "proxy:alice": "anna"}
    client = make_doors(auth__accounts=accounts, auth__rules=[{"effect": "allow", "user": "anna"}])
    by_number, by_name = by_gate(client, "1/alice"), by_proxy(client, "alice")
    stranger, namesake = by_gate(client, "2/alice"), by_gate(client, "3/anna")
    assert {answer.json()["user"] for answer in (by_number, by_name, stranger)} == {"alice"}
    answers = (by_number, by_name, stranger, namesake)
    assert [stop(client, "a000", bearer(answer)) for answer in answers] == [200, 200, 403, 403]


# -- what plugins say ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("word", ["deny", "raise", "exit", "hang", "nonsense"])
def test_a_plugin_denies_also_by_being_broken(
    make_doors: Makes, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, word: str
) -> None:
    monkeypatch.setattr("mestral.plugins.registry.DECIDE_SECONDS", 0.2)
    client = make_doors("deciding", auth__admins=["gate:alice"])
    alice = bearer(by_gate(client, "alice"))
    assert stop(client, "abstain", alice) == 200
    why = "denies it" if word == "deny" else "could not decide, which counts as a denial"
    assert sentence(client, word, alice) == f"You may not do this: the plugin doors of this server {why}."
    assert ("plugin doors" in caplog.text) is (word != "deny")
    assert stop(client, "abstain", alice) == 200


def test_a_plugin_allows_and_the_rules_may_still_deny(make_doors: Makes) -> None:
    client = make_doors(
        "deciding", plugins__doors__decide="allow", auth__rules=[{"effect": "deny", "expid": "frozen"}]
    )
    anybody = bearer(by_gate(client, "alice"))
    assert [stop(client, expid, anybody) for expid in ("a000", "frozen")] == [200, 403]
    assert stop(client, "a000") == 401


def test_a_plugin_that_would_decide_and_is_broken_counts_as_a_denial(
    make_doors: Makes, caplog: pytest.LogCaptureFixture
) -> None:
    folder = make_doors.folder / "plugins"
    folder.mkdir()
    (folder / "judge.py").write_text(
        "from mestral import Decision, Manifest, hookimpl\n"
        "class P:\n"
        "    manifest = Manifest(name='judge', version='1', summary='x', requires_api='>=0')\n"
        "    @hookimpl\n"
        "    def mestral_routes(self): raise RuntimeError\n"
        "    @hookimpl\n"
        "    async def mestral_decide(self): return Decision.ABSTAIN\n"
        "plugin = P()\n"
    )
    settings: dict[str, Any] = {"plugins__dir": str(folder), "auth__admins": ["gate:alice"]}
    client = make_doors(plugins__only=["doors", "judge"], **settings)
    assert "plugin judge" in sentence(client, "a000", bearer(by_gate(client, "alice")))
    assert "plugin judge, which decides who may operate, is failed" in caplog.text
    client = make_doors(plugins__only=["doors"], **settings)  # not to be used: no say
    assert stop(client, "a000", bearer(by_gate(client, "alice"))) == 200


# -- owners of experiments -----------------------------------------------------------------------------------


@pytest.fixture(params=["files", "postgres"])
def sample(request: pytest.FixtureRequest, make_doors: Makes) -> dict[str, Any]:
    """Settings of a server of the sample tree, whose folders belong to whoever runs the tests."""
    rc_file = unpack(make_doors.folder)
    if request.param == "postgres":
        server: Postgres = request.getfixturevalue("postgres")
        Moved(rc_file, server)
    return {"plugins__only": ["doors", "experiments"], "plugins__experiments__rc_file": str(rc_file)}


def test_the_owner_of_an_experiment_may(make_doors: Makes, sample: dict[str, Any]) -> None:
    client = make_doors(**sample, auth__account_logins=["gate"], auth__accounts={"maze:7": ME})
    mine, also_me = bearer(by_gate(client, ME)), bearer(by_maze(client, "7/somebody"))
    other, namesake = bearer(by_gate(client, "somebody-else")), bearer(by_proxy(client, ME))
    assert [stop(client, MINE, who) for who in (mine, also_me, other, namesake)] == [200, 200, 403, 403]
    assert [stop(client, expid, mine) for expid in ("zzzz", "a.b", "o000x", "O000")] == [403] * 4
    assert client.post("/x/doors/make", headers=mine).status_code == 403
    assert stop(client, MINE) == 401
    assert sentence(client, MINE, other) == (
        f"Only the owner of {MINE} and administrators of this server may do this."
    )


def test_what_has_no_owner_is_nobodys(make_doors: Makes) -> None:
    rc_file = unpack(make_doors.folder)
    sample: dict[str, Any] = {
        "plugins__only": ["doors", "experiments"],
        "plugins__experiments__rc_file": str(rc_file),
    }
    client = make_doors(**sample, auth__account_logins=["gate"])
    folder = next(path for path in make_doors.folder.rglob(MINE) if path.is_dir())
    mine, nobody = bearer(by_gate(client, ME)), bearer(by_proxy(client, "x"))
    assert stop(client, MINE, mine) == 200
    if os.geteuid() == 0:
        os.chown(folder, 54321, -1)  # an account that this machine does not know
        assert [stop(client, MINE, who) for who in (mine, nobody)] == [403, 403]
        os.chown(folder, 0, -1)
    folder.rename(folder.with_name("away"))
    assert [stop(client, MINE, who) for who in (mine, nobody)] == [403, 403]
    folder.with_name("away").rename(folder)
    assert stop(client, MINE, mine) == 200
    next(make_doors.folder.rglob("autosubmit.db")).write_bytes(b"no database at all")
    assert "could not decide, which counts as a denial" in sentence(client, MINE, mine)


def test_whoever_leaves_a_page_of_the_gui_need_not_own_anything(
    make_doors: Makes, sample: dict[str, Any]
) -> None:
    client = make_doors(**sample, auth__protection_level="WRITEONLY")
    anybody = bearer(by_gate(client, "alice"))
    assert client.get("/v3/shutdown/tree", headers=anybody).status_code == 200
    assert client.get("/v3/shutdown/tree").status_code == 401


# -- settings ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        (
            "rules",
            [{"effect": "allow"}],
            ["names nobody and no experiment", "everything to everybody", 'expid = "*"'],
        ),
        (
            "rules",
            [{"effect": "allow", "expid": "a", "usr": "x"}],
            ["there is no such setting", "mean user?"],
        ),
        ("rules", [{"expid": "a"}], ["effect must be given: allow or deny"]),
        ("rules", [{"effect": "alow", "expid": "a"}], ["must be allow or deny", '"alow"', "mean allow?"]),
        ("rules", [{"effect": "deny", "expid": "a[0-9]"}], ["must be a text that matches"]),
        ("rules", [{"effect": "deny", "user": "a b"}], ["entry 1", "'a b'", "provider:subject"]),
        ("admins", ["a b"], ["'a b' must be an account", "group:NAME"]),
        ("admins", ["@staff"], ["'@staff' must be an account"]),
        ("accounts", {"alice": "alice"}, ["'alice' must be provider:subject"]),
        ("accounts", {"github:1": "github:2"}, ["'github:2' (github:1) must be an account"]),
        ("operate", "anyone", ["must be owner or authenticated"]),
        ("protection_level", "none", ["must be ALL, WRITEONLY or NONE", "mean NONE?"]),
        ("protection_level", "writeonly", ["mean WRITEONLY?"]),
        ("logins_per_minute", 0, ["at least 1"]),
    ],
)
def test_what_makes_no_sense_is_refused_with_a_sentence(
    make_doors: Makes, key: str, value: Any, said: list[str]
) -> None:
    with pytest.raises(SettingsError) as caught:
        make_doors(**{f"auth__{key}": value})
    message = str(caught.value)
    assert [words for words in said if words not in message] == [], message
    assert f"auth.{key}" in message


def test_logins_that_nobody_has_are_warned_of(make_doors: Makes) -> None:
    client = make_doors(
        auth__accounts={"gat:1": "alice", "gate:2": "bob"},
        auth__admins=["nowhere:1", "group:ops", "secret-token:User"],
        auth__account_logins=["gate", "legacy", "maz"],
        auth__rules=[{"effect": "allow", "provider": "gitub"}, {"effect": "allow", "user": "gate:x"}],
    )
    findings = client.app.state.platform.plugins.findings
    found = {(finding.key, finding.message.split("'")[1]) for finding in findings}
    assert found == {
        ("auth.accounts", "gat"),
        ("auth.admins", "nowhere"),
        ("auth.account_logins", "maz"),
        ("auth.rules", "gitub"),
    }
    assert all(finding.level == "warning" for finding in findings)
    assert "Did you mean gate?" in next(f.message for f in findings if f.key == "auth.accounts")


_patterns = st.text("ab*", max_size=12)


@given(_patterns, st.text("ab", max_size=12))
def test_patterns_match_as_file_names_do(pattern: str, text: str) -> None:
    assert matches(pattern, text) is fnmatch.fnmatchcase(text, pattern)


# -- mestral auth explain ------------------------------------------------------------------------------------


def test_explain_says_what_the_server_does_and_why(tmp_path: Path) -> None:
    rc_file = unpack(tmp_path)
    (tmp_path / "mestral.toml").write_text(
        f'state_dir = "{tmp_path}/state"\n'
        f'[plugins]\nonly = ["experiments"]\n[plugins.experiments]\nrc_file = "{rc_file}"\n'
        f'[auth]\nsecret_key = "{SECRET_KEY}"\nadmins = ["zoe", "group:ops"]\n'
        f'accounts = {{ "github:7" = "{ME}" }}\n'
        '[[auth.rules]]\neffect = "deny"\nexpid = "t*"\n'
    )

    def explain(*arguments: str) -> tuple[int, str]:
        done = run_mestral(tmp_path, "auth", "explain", *arguments, environ={})
        return done.returncode, done.stdout if done.returncode < 2 else done.stderr

    assert explain(ME, "operate", MINE) == (
        0,
        f"{ME} may operate {MINE}.\n  allow  plugin experiments  allows it\n",
    )
    code, said = explain("github:7", "operate", MINE)
    assert (code, said.partition("\n")[0]) == (0, f"github:7 (account {ME}) may operate {MINE}.")
    assert explain("github:8", "operate", MINE) == (
        1,
        f"github:8 may not operate {MINE}.\n  nothing allows it\n",
    )
    code, said = explain("zoe", "operate", "t000")
    assert code == 1
    assert [line.split()[:2] for line in said.splitlines()[1:]] == [
        ["allow", "auth.admins"],
        ["deny", "auth.rules,"],
    ]
    assert "expid t*" in said
    assert explain("github:8", "operate", "zzzz", "--group", "ops")[0] == 0
    assert explain("zoe", "operate")[1].startswith("zoe may operate where no experiment is named.")
    code, text = explain("zoe", "operate", "t000", "--json")
    told = json.loads(text)
    assert (code, told["allowed"], told["account"]) == (1, False, "zoe")
    assert told["says"][1] == {"by": "auth.rules, entry 1", "effect": "deny", "why": "expid t*"}
    assert told["message"] == "You may not do this: a rule of this server's administrator denies it."
    assert explain("a b", "operate", MINE)[0] == 2
    assert explain("zoe", "destroy", MINE)[0] == 2
    assert not (tmp_path / "state").exists()
