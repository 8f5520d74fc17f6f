"""Which hosts the server answers for, and the address it is known by."""

import json

import pytest
from tests.http.conftest import MakeClient

from mestral.settings import SettingsError

ALLOWED = ["example.org", "*.hub.example.org", "192.0.2.1", "[2001:db8::1]"]


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("example.org", 200),
        ("EXAMPLE.org.", 200),
        ("example.org:8443", 200),
        ("a.hub.example.org", 200),
        ("a.b.hub.example.org:80", 200),
        ("192.0.2.1:8000", 200),
        ("[2001:db8::1]", 200),
        ("[2001:DB8:0::1]:8000", 200),
        ("hub.example.org", 400),
        ("evil.example", 400),
        ("example.org.evil.example", 400),
        ("evilexample.org", 400),
        ("evil.hub.example.orgs", 400),
        ("example.org:80:80", 400),
        ("example.org:port", 400),
        ("example.org@evil.example", 400),
        ("a/.hub.example.org", 400),
        ("[2001:db8::2]", 400),
        ("2001:db8::1", 400),
        ("", 400),
    ],
)
def test_only_allowed_hosts_are_answered(make_client: MakeClient, host: str, status: int) -> None:
    client = make_client(server__allowed_hosts=ALLOWED)
    for path in ("/x/probe/open", "/nowhere"):
        answer = client.get(path, headers={"Host": host, "Origin": "https://gui.example.org"})
        assert answer.status_code == (400 if status == 400 else 404 if path == "/nowhere" else 200)
        assert answer.headers["access-control-allow-origin"] == "*"
        if status == 400:
            assert answer.json()["code"] == "bad_request"
            assert "server.allowed_hosts" in answer.json()["error_message"]


def test_who_watches_the_server_may_ask_by_address(make_client: MakeClient) -> None:
    client = make_client(server__allowed_hosts=ALLOWED)
    for path in ("/health/live", "/health/ready"):
        assert client.get(path, headers={"Host": "198.51.100.9:8000"}).status_code == 200


def test_two_hosts_at_once_are_refused(make_client: MakeClient) -> None:
    client = make_client(server__allowed_hosts=ALLOWED)
    headers = [("Host", "evil.example"), ("Host", "example.org")]
    assert client.get("/x/probe/open", headers=headers).status_code == 400


@pytest.mark.parametrize("allowed", [[], ["*"]])
def test_any_host_is_answered_by_default(make_client: MakeClient, allowed: list[str]) -> None:
    client = make_client(server__allowed_hosts=allowed)
    assert client.get("/x/probe/open", headers={"Host": "evil.example"}).status_code == 200


@pytest.mark.parametrize(
    "wrong", ["https://example.org", "example.org:443", "a.*.org", "*example.org", "a b"]
)
def test_what_is_no_host_is_refused_at_the_start(make_client: MakeClient, wrong: str) -> None:
    with pytest.raises(SettingsError, match=r"server\.allowed_hosts"):
        make_client(server__allowed_hosts=["example.org", wrong])


def server_urls(make_client: MakeClient, **settings: object) -> list[str]:
    document = json.loads(make_client(**settings).get("/openapi.json").content)
    return [server["url"] for server in document["servers"]]


def test_public_url_is_what_the_openapi_document_names(make_client: MakeClient) -> None:
    assert server_urls(make_client) == ["/"]
    assert server_urls(make_client, server__root_path="/api") == ["/api"]
    url = "https://hub.example.org/api"
    assert server_urls(make_client, server__public_url=url, server__root_path="/api") == [url]


def test_public_url_says_the_root_path(make_client: MakeClient) -> None:
    client = make_client(server__public_url="https://hub.example.org/api")
    assert client.get("/api/x/probe/open").json()["root_path"] == "/api"


def test_public_url_and_root_path_must_agree(make_client: MakeClient) -> None:
    with pytest.raises(SettingsError, match=r"server\.public_url.*/api.*server\.root_path.*/other"):
        make_client(server__public_url="https://hub.example.org/api", server__root_path="/other")


@pytest.mark.parametrize(
    "wrong", ["hub.example.org", "ftp://hub.example.org", "https://h/?a", "https://h/a/"]
)
def test_what_is_no_public_url_is_refused(make_client: MakeClient, wrong: str) -> None:
    with pytest.raises(SettingsError, match=r"server\.public_url"):
        make_client(server__public_url=wrong)
