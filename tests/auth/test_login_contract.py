"""What core does with the logins of any plugin: start, callback, exchange, passwords, headers, the list
(contract/AUTH.md B5, B6, B10, B17, B19, B21, B28)."""

import hashlib
import secrets
from base64 import urlsafe_b64encode
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
from tests.auth.doors import PASSWORD, Makes, begin, by_gate, by_maze, by_proxy

PAGE = "https://gui.example.org/app/"


def challenge_of(verifier: str) -> str:
    return urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def claims(answer: Any) -> dict[str, Any]:
    assert answer.status_code == 200, answer.text
    token = answer.json()["token"].removeprefix("Bearer ")
    decoded: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    return decoded


def verified(client: Any, answer: Any) -> Any:
    return client.get("/v4/auth/verify-token", headers={"Authorization": answer.json()["token"]}).json()


def cookie_of(answer: Any) -> Any:
    (morsel,) = SimpleCookie(answer.headers["set-cookie"]).values()
    return morsel


# -- a login of each kind ------------------------------------------------------------------------------------


def test_the_three_kinds_give_tokens_that_say_who_and_by_which_login(make_doors: Makes) -> None:
    client = make_doors()
    for answer, provider in (
        (by_maze(client, "7/bob"), "maze"),
        (by_gate(client, "7/bob"), "gate"),
        (by_proxy(client, "bob"), "proxy"),
    ):
        body = answer.json()
        assert {**body, "token": ""} == {
            "authenticated": True,
            "user": "bob",
            "token": "",
            "message": "Token generated",
        }
        assert answer.headers["cache-control"] == "no-store"
        assert verified(client, answer) == {"authenticated": True, "user": "bob"}
        assert (claims(answer)["provider"], claims(answer)["user_id"]) == (provider, "bob")


def test_refusals_have_the_shape_of_the_contract(make_doors: Makes) -> None:
    client = make_doors()
    for answer, message in (
        (by_gate(client, "bob", "wrong"), "Wrong user name or password."),
        (by_maze(client, "refuse"), "Not you."),
        (by_maze(client, "nobody"), "Can't verify user"),
        (by_maze(client, "unprintable"), "Can't verify user"),
        (client.post("/v4/auth/proxy/login"), "The proxy says nobody."),
    ):
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"] == 'Bearer realm="mestral"'
        assert answer.json() == {"authenticated": False, "user": None, "token": None, "message": message}


@pytest.mark.parametrize("fault", ["raise", "exit", "wrong"])
def test_a_backend_that_breaks_is_a_502_and_its_texts_are_nowhere(
    make_doors: Makes, caplog: pytest.LogCaptureFixture, fault: str
) -> None:
    client = make_doors()
    for answer in (by_maze(client, fault), by_gate(client, fault)):
        assert answer.status_code == 502
        assert answer.json()["code"] == "bad_gateway"
        assert "secret" not in answer.text
    assert "Login maze " in caplog.text
    assert f"{fault}-secret" not in caplog.text


def test_what_a_backend_says_of_its_provider_is_answered(make_doors: Makes) -> None:
    answer = by_maze(make_doors(), "down")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "7")
    assert answer.json()["error_message"] == "The maze is closed."


def test_a_backend_that_hangs_is_cut_off(make_doors: Makes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mestral.auth.logins.SECONDS", 0.2)
    client = make_doors()
    for answer in (by_maze(client, "hang"), by_gate(client, "hang")):
        assert answer.status_code == 503
        assert "retry-after" in answer.headers
    hung, _ = begin(make_doors(plugins__doors__begin="hang"))
    assert hung.status_code == 503


@pytest.mark.parametrize(
    "target", ["raise", "exit", "/relative", "javascript:alert(1)", "http://a b", "x\r\ny"]
)
def test_a_backend_cannot_send_the_browser_to_what_is_no_address(make_doors: Makes, target: str) -> None:
    answer, _ = begin(make_doors(plugins__doors__begin=target))
    assert answer.status_code == 502
    assert "location" not in answer.headers


def test_groups_count_when_they_are_a_list_and_those_that_settings_name_are_never_lost(
    make_doors: Makes,
) -> None:
    client = make_doors(auth__admins=["group:operators"])
    assert claims(by_maze(client, "groups"))["groups"] == []
    many = ",".join([*(f"g{number}" for number in range(200)), "operators"])
    kept = claims(by_proxy(client, "zoe", many))["groups"]
    assert len(kept) == 100
    assert "operators" in kept


def test_wrong_bodies_and_methods(make_doors: Makes) -> None:
    client = make_doors()
    path = "/v4/auth/gate/login"
    for body in ({}, {"username": "", "password": "x"}, {"username": "bob", "password": "x" * 5000}):
        answer = client.post(path, json=body)
        assert answer.status_code == 422
        assert "x" * 20 not in answer.text
    assert client.post(path, content=b"{").status_code == 422
    assert client.get(path).status_code == 405
    assert PASSWORD not in client.post(path, json={"username": PASSWORD, "password": 1}).text


# -- there and back ------------------------------------------------------------------------------------------


def test_state_nonce_and_challenge_are_new_each_time_and_bound_by_a_cookie(make_doors: Makes) -> None:
    client = make_doors()
    (first, sent), (_, other) = begin(client), begin(client)
    assert first.status_code == 302
    for word in ("state", "nonce", "code_challenge"):
        assert len(sent[word]) >= 32
        assert sent[word] != other[word]
    cookie = cookie_of(first)
    assert (
        cookie["path"],
        cookie["samesite"].lower(),
        cookie["httponly"],
        cookie["max-age"],
        cookie["domain"],
    ) == (
        "/v4/auth/maze/callback",
        "lax",
        True,
        "600",
        "",
    )
    assert not cookie["secure"]  # http, on this very machine
    assert first.headers["referrer-policy"] == "no-referrer"


def test_the_cookie_is_secure_and_the_callback_public_where_the_server_is_reached_by_https(
    make_doors: Makes,
) -> None:
    client = make_doors(server__public_url="https://hub.example.org/api")
    answer = client.get("/api/v4/auth/maze/start", headers={"Host": "evil.example.org"})
    cookie = cookie_of(answer)
    assert cookie["secure"]
    assert cookie["path"] == "/api/v4/auth/maze/callback"
    sent = parse_qs(urlsplit(answer.headers["location"]).query)
    assert sent["redirect_uri"] == ["https://hub.example.org/api/v4/auth/maze/callback"]


def test_no_host_header_makes_an_address(make_doors: Makes) -> None:
    answer = make_doors().get("/v4/auth/maze/start", headers={"Host": "evil.example.org"})
    assert answer.status_code == 503
    assert "server.public_url" in answer.json()["error_message"]


def test_a_login_ends_only_in_the_browser_that_began_it(make_doors: Makes) -> None:
    client = make_doors()
    begun, sent = begin(client)
    params = {"state": sent["state"], "code": "bob"}
    value = client.cookies
    client.cookies = {}
    assert client.get("/v4/auth/maze/callback", params=params).status_code == 401
    client.cookies = value
    for wrong in ({"code": "bob"}, {**params, "state": ""}, {**params, "state": sent["state"] + "x"}):
        assert client.get("/v4/auth/maze/callback", params=wrong).status_code == 401
    assert client.get("/v4/auth/maze/callback", params=params).status_code == 200
    assert begun.status_code == 302


def test_the_way_back_counts_once(make_doors: Makes) -> None:
    client = make_doors()
    begun, sent = begin(client)
    params = {"state": sent["state"], "code": "bob"}
    ended = client.get("/v4/auth/maze/callback", params=params)
    assert ended.status_code == 200
    assert cookie_of(ended)["max-age"] == "0"
    morsel = cookie_of(begun)
    again = client.get(
        "/v4/auth/maze/callback", params=params, headers={"Cookie": f"{morsel.key}={morsel.value}"}
    )
    assert again.status_code == 401
    assert again.json()["message"] == "This login was finished already: begin again."


def test_the_way_back_of_one_login_is_none_of_another(make_doors: Makes) -> None:
    client = make_doors()
    begun, sent = begin(client, "maze")
    morsel = cookie_of(begun)
    answer = client.get(
        "/v4/auth/other/callback",
        params={"state": sent["state"], "code": "bob"},
        headers={"Cookie": f"{morsel.key}={morsel.value}"},
    )
    assert answer.status_code == 401


def test_a_cookie_that_somebody_made_or_that_is_old_begins_nothing(
    make_doors: Makes, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = make_doors()
    begun, sent = begin(client)
    morsel = cookie_of(begun)
    content = jwt.decode(morsel.value, options={"verify_signature": False})
    forged = jwt.encode(content, "k" * 32, "HS256")
    unsigned = jwt.encode(content, "", "none")
    params = {"state": sent["state"], "code": "bob"}
    for value in (forged, unsigned, "", "x"):
        headers = {"Cookie": f"{morsel.key}={value}"}
        client.cookies = {}
        assert client.get("/v4/auth/maze/callback", params=params, headers=headers).status_code == 401
    monkeypatch.setattr("mestral.auth.attempts.SECONDS", -1)
    begun, sent = begin(client)
    morsel = cookie_of(begun)
    headers = {"Cookie": f"{morsel.key}={morsel.value}"}
    params = {"state": sent["state"], "code": "bob"}
    assert client.get("/v4/auth/maze/callback", params=params, headers=headers).status_code == 401


def test_tabs_do_not_disturb_each_other(make_doors: Makes) -> None:
    client = make_doors()
    _, one = begin(client)
    _, two = begin(client)
    for sent, name in ((one, "bob"), (two, "zoe")):
        answer = client.get("/v4/auth/maze/callback", params={"state": sent["state"], "code": name})
        assert answer.json()["user"] == name


def test_head_options_and_preflight(make_doors: Makes) -> None:
    client = make_doors()
    head = client.head("/v4/auth/maze/start")
    assert (head.status_code, head.content) == (302, b"")
    assert client.head("/v4/auth/providers").status_code == 200
    assert client.head("/v4/auth/maze/callback").status_code == 401
    assert client.options("/v4/auth/gate/login").headers["allow"] == "OPTIONS, POST"
    asked = {"Origin": "https://gui.example.org", "Access-Control-Request-Method": "POST"}
    for path in ("/v4/auth/exchange", "/v4/auth/gate/login", "/v4/auth/maze/callback"):
        for answer in (
            client.options(path, headers=asked),
            client.post(path, headers={"Origin": asked["Origin"]}, json={}),
        ):
            assert "access-control-allow-credentials" not in answer.headers
            assert answer.headers["access-control-allow-origin"] == "*"


# -- back to a page ------------------------------------------------------------------------------------------


def to_page(client: Any, page: str, verifier: str, code: str = "bob") -> Any:
    _, sent = begin(client, return_to=page, code_challenge=challenge_of(verifier))
    return client.get("/v4/auth/maze/callback", params={"state": sent["state"], "code": code})


def test_a_page_gets_a_code_that_only_it_can_exchange_once(make_doors: Makes) -> None:
    client = make_doors(auth__clients=[PAGE])
    verifier, page = secrets.token_urlsafe(48), f"{PAGE}login?tab=1"
    back = to_page(client, page, verifier)
    assert back.status_code == 303
    target = urlsplit(back.headers["location"])
    assert f"{target.scheme}://{target.netloc}{target.path}" == f"{PAGE}login"
    query = parse_qs(target.query)
    assert query.keys() == {"tab", "code"}
    (code,) = query["code"]
    assert "ey" not in back.headers["location"]  # no token
    given = {"code": code, "code_verifier": verifier}

    stolen = client.post("/v4/auth/exchange", json={**given, "code_verifier": secrets.token_urlsafe(48)})
    assert stolen.status_code == 401
    assert client.post("/v4/auth/exchange", json=given).status_code == 401  # who tries to steal spends it

    (code,) = parse_qs(urlsplit(to_page(client, page, verifier).headers["location"]).query)["code"]
    answer = client.post("/v4/auth/exchange", json={"code": code, "code_verifier": verifier})
    assert (claims(answer)["provider"], answer.json()["user"]) == ("maze", "bob")
    assert answer.headers["cache-control"] == "no-store"
    again = client.post("/v4/auth/exchange", json={"code": code, "code_verifier": verifier})
    assert (again.status_code, again.json()["authenticated"]) == (401, False)


@pytest.mark.parametrize(
    ("code", "error", "sentence"),
    [
        ("refuse", "access_denied", "Not you."),
        ("down", "temporarily_unavailable", "The maze is closed."),
        (
            "raise",
            "temporarily_unavailable",
            "The login maze gave no usable answer; the server's log says more.",
        ),
    ],
)
def test_a_page_learns_that_the_login_failed(make_doors: Makes, code: str, error: str, sentence: str) -> None:
    client = make_doors(auth__clients=[PAGE])
    back = to_page(client, f"{PAGE}login?tab=2", "v" * 43, code)
    assert back.status_code == 303
    target = urlsplit(back.headers["location"])
    assert f"{target.scheme}://{target.netloc}{target.path}" == f"{PAGE}login"
    told = {"tab": ["2"], "error": [error], "error_description": [sentence]}
    assert parse_qs(target.query) == told
    assert cookie_of(back)["max-age"] == "0"


def test_a_code_is_valid_for_a_minute(make_doors: Makes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mestral.http.login_routes.CODE_SECONDS", -1)
    client = make_doors(auth__clients=[PAGE])
    verifier = secrets.token_urlsafe(48)
    (code,) = parse_qs(urlsplit(to_page(client, PAGE, verifier).headers["location"]).query)["code"]
    answer = client.post("/v4/auth/exchange", json={"code": code, "code_verifier": verifier})
    assert answer.status_code == 401


def test_a_page_must_bring_a_challenge(make_doors: Makes) -> None:
    client = make_doors(auth__clients=[PAGE])
    for challenge in ("", "short", "x" * 44, "!" * 43):
        answer, _ = begin(client, return_to=PAGE, code_challenge=challenge)
        assert answer.status_code == 422
    answer, _ = begin(client, return_to=PAGE + "x" * 2000, code_challenge=challenge_of("x"))
    assert answer.status_code == 422


LOOK_ALIKES = [
    "https://gui.example.org.evil.org/app/",
    "https://gui.example.org@evil.org/app/",
    "https://evil.org/?x=https://gui.example.org/app/",
    "https://evil.org/#https://gui.example.org/app/",
    "https://evil.org/https://gui.example.org/app/",
    "https://evil.org\\@gui.example.org/app/",
    "https:\\\\gui.example.org/app/",
    "https://gui.example.org:8443/app/",
    "http://gui.example.org/app/",
    "https://gui.example.org./app/",
    "https://gui.example.org/application/",
    "https://gui.example.org/app/../other/",
    "https://gui.example.org/app/%2e%2e/other/",
    "https://gui.example.org/app/..%2fother",
    "https://gui.example.org/app/..%5cother",
    "https://gui.example.org/app/#x",
    "https://gui.example.org/",
    "https://gui.example.org%2f@evil.org/app/",
    "https://gui。example.org/app/",
    "https://gui.exämple.org/app/",
    "https://gui.example.org\t/app/",
    " https://gui.example.org/app/",
    "https://gui.example.org /app/",
    "//gui.example.org/app/",
    "/app/",
    "javascript:https://gui.example.org/app/",
    "data:text/html,x",
    "*",
]


SPELLINGS = [PAGE, PAGE[:-1], "https://GUI.example.org:443/app/login?a=b", f"{PAGE}a/b", ""]


def test_look_alikes_of_a_page_are_refused_and_other_spellings_are_not(make_doors: Makes) -> None:
    client = make_doors(auth__clients=[PAGE], auth__logins_per_minute=1000)
    answers = {
        page: begin(client, return_to=page, code_challenge=challenge_of("x"))[0]
        for page in (*LOOK_ALIKES, *SPELLINGS)
    }
    went = [page for page, answer in answers.items() if "location" in answer.headers]
    assert went == SPELLINGS
    for page in LOOK_ALIKES:
        assert answers[page].status_code == 403, page
        assert "set-cookie" not in answers[page].headers


def test_a_star_in_a_list_lets_no_page_be_returned_to_and_is_warned_of_once(
    make_doors: Makes, caplog: pytest.LogCaptureFixture
) -> None:
    client = make_doors(plugins__doors__clients=["*", "*"])
    assert caplog.text.count("any page may have its visitors logged in") == 1
    answer, _ = begin(client, return_to="https://evil.org/", code_challenge=challenge_of("x"))
    assert answer.status_code == 403
    caplog.clear()
    make_doors(plugins__doors__clients=["*"], auth__legacy_gui_login=False)
    make_doors(plugins__doors__clients=[PAGE])
    assert "any page" not in caplog.text


def test_a_plugin_may_name_pages(make_doors: Makes) -> None:
    client = make_doors(plugins__doors__clients=[PAGE])
    answer, _ = begin(client, return_to=PAGE, code_challenge=challenge_of("x"))
    assert answer.status_code == 302


# -- what is offered -----------------------------------------------------------------------------------------


def offered(client: Any) -> list[dict[str, Any]]:
    answer = client.get("/v4/auth/providers")
    assert answer.status_code == 200
    found: list[dict[str, Any]] = answer.json()["providers"]
    return found


def test_logins_are_offered_in_the_order_of_the_settings(make_doors: Makes) -> None:
    client = make_doors(auth__logins=["proxy", "nobody", "gate"])
    assert [login["id"] for login in offered(client)] == ["proxy", "gate", "maze", "other"]
    assert offered(client)[1] == {
        "id": "gate",
        "display_name": "The gate",
        "kind": "password",
        "path": "/v4/auth/gate/login",
        "available": True,
    }
    assert offered(client)[2]["path"] == "/v4/auth/maze/start"
    findings = client.app.state.platform.plugins.findings
    (finding,) = (f for f in findings if f.key == "auth.logins")
    assert (finding.level, "'nobody'" in finding.message) == ("warning", True)


BROKEN = {"id": "cellar", "display_name": "cellar", "kind": None, "path": None, "available": False}


@pytest.mark.parametrize("how", ["import", "failed", "settings"])
def test_a_broken_login_is_listed_without_saying_why(make_doors: Makes, how: str) -> None:
    folder = make_doors.folder / "plugins"
    folder.mkdir()
    name = {"import": "auth_cellar", "failed": "cask", "settings": "barrel"}[how]
    source = {
        "import": "raise RuntimeError('no key in /etc/secret')",
        "failed": "    @hookimpl\n    def mestral_login_backends(self): raise RuntimeError('/etc/secret')",
        "settings": "",
    }[how]
    manifest = (
        f"    manifest = Manifest(name={name!r}, version='1', summary='x', requires_api='>=0', "
        "provides=('auth:cellar',))\n"
    )
    head = "from mestral import Manifest, hookimpl\n"
    text = source if how == "import" else f"{head}class P:\n{manifest}{source}\nplugin = P()\n"
    (folder / f"{name}.py").write_text(text)
    overrides: dict[str, Any] = {"plugins__only": ["doors", name], "plugins__dir": str(folder)}
    if how == "settings":
        overrides[f"plugins__{name}__no_such_key"] = 1
    client = make_doors(**overrides, auth__logins=["cellar", "gate"])
    found = offered(client)
    assert [login["id"] for login in found] == ["cellar", "gate", "maze", "proxy", "other"]
    assert found[0] == BROKEN
    assert client.get("/v4/auth/cellar/start").status_code == 404


def test_of_two_plugins_with_one_login_the_second_gives_way(make_doors: Makes) -> None:
    client = make_doors(
        plugins__objects={"doors": "tests.auth.doors:plugin", "twin": "tests.auth.doors:twin"},
        plugins__only=["doors", "twin"],
    )
    twin = client.app.state.platform.plugins.get("twin")
    assert twin.state == "conflicted"
    assert "doors already offers a login 'gate'" in twin.reason
    assert [login["id"] for login in offered(client)] == ["maze", "gate", "proxy", "other"]
    assert all(login["available"] for login in offered(client))


@pytest.mark.parametrize("name", ["legacy", "secret-token", "route-token", "group", "Big", ""])
def test_no_plugin_takes_the_name_of_an_identity_of_core(make_doors: Makes, name: str) -> None:
    client = make_doors(
        plugins__objects={"doors": "tests.auth.doors:plugin", "named": "tests.auth.doors:named"},
        plugins__only=["doors", "named"],
        plugins__named__id=name,
    )
    named = client.app.state.platform.plugins.get("named")
    assert named.state == "failed"
    assert f"{name!r}" in named.reason
