"""What holds for every answer: envelope, request id, CORS, cache headers, HEAD, paths."""

import logging
import re

import pytest
from litestar import Litestar
from litestar.testing import TestClient
from tests.http.conftest import MakeClient
from tests.probe import SECRET_TOKEN

from mestral.http.outer import Outer

Client = TestClient[Litestar]

ORIGIN = {"Origin": "https://gui.example.org"}
TOKEN = {"Authorization": f"Bearer {SECRET_TOKEN}"}


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "expected"),
    [
        (
            "GET",
            "/nowhere",
            None,
            404,
            {"error_message": "Not Found", "code": "not_found", "detail": "Not Found"},
        ),
        (
            "POST",
            "/x/probe/open",
            None,
            405,
            {
                "error_message": "Method Not Allowed",
                "code": "method_not_allowed",
                "detail": "Method Not Allowed",
            },
        ),
        ("GET", "/x/probe/items/a", None, 401, {"error_message": "Unauthorized", "code": "unauthorized"}),
        ("POST", "/x/probe/things", b"a" * 3000, 413, {"code": "too_large"}),
        (
            "POST",
            "/x/probe/things",
            b"{bad",
            422,
            {"error_message": "Invalid value for '1': JSON decode error", "code": "invalid"},
        ),
        (
            "POST",
            "/x/probe/things",
            b'{"name": 1}',
            422,
            {"error_message": "Invalid value for 'name': Expected `str`, got `int`", "code": "invalid"},
        ),
        ("GET", "/x/probe/open?page=a", None, 422, {"code": "invalid"}),
        (
            "GET",
            "/x/probe/crash",
            None,
            500,
            {"error_message": "An unexpected error occurred.", "code": "internal"},
        ),
        (
            "GET",
            "/x/probe/busy",
            None,
            503,
            {"error_message": "It is being rewritten.", "code": "unavailable"},
        ),
        ("GET", "/x/probe/open?" + "a" * 40_000, None, 414, {"code": "too_large"}),
    ],
)
def test_failure_is_in_the_envelope_with_cors_and_request_id(
    make_client: MakeClient,
    method: str,
    path: str,
    body: bytes | None,
    status: int,
    expected: dict[str, object],
) -> None:
    client = make_client(server__max_body_bytes=2048)
    headers = ORIGIN if status == 401 else ORIGIN | TOKEN
    answer = client.request(method, path, content=body, headers=headers)
    assert answer.status_code == status, answer.text
    envelope = answer.json()
    assert envelope["error"] is True
    assert isinstance(envelope["error_message"], str)
    assert expected.items() <= envelope.items()
    detail = {"detail"} if status in (404, 405) else set()
    assert set(envelope) == {"error", "error_message", "code"} | detail
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in answer.headers
    assert re.fullmatch(r"[0-9a-f]{24}", answer.headers["x-request-id"])
    assert answer.headers["content-type"] == "application/json"


def test_headers_of_a_problem_are_kept(client: Client) -> None:
    assert client.get("/x/probe/busy").headers["retry-after"] == "2"
    for method in ("POST", "OPTIONS"):
        allowed = client.request(method, "/x/probe/open").headers["allow"]
        assert sorted(allowed.split(", ")) == ["GET", "HEAD", "OPTIONS"]


def test_crash_is_logged_with_traceback_and_tells_the_client_nothing(
    client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    answer = client.get("/x/probe/crash", headers={"X-Request-ID": "abc-1"})
    assert "hunter2" not in answer.text
    record = next(record for record in caplog.records if record.levelno == logging.ERROR)
    assert "GET /x/probe/crash" in record.getMessage()
    assert record.exc_info is not None
    assert "hunter2" in str(record.exc_info[1])
    assert client.get("/x/probe/open").status_code == 200


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_crash_outside_of_litestar_is_answered_as_well(make_client: MakeClient, method: str) -> None:
    async def broken(*_: object) -> None:
        raise RuntimeError("inner detail")

    client = make_client()
    client.app.asgi_handler = Outer(broken, client.app.state.platform.settings)
    answer = client.request(method, "/x/probe/open", headers=ORIGIN)
    assert (answer.status_code, answer.json()["error_message"]) == (500, "An unexpected error occurred.")
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["x-request-id"]


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("0123-abc.DEF:x/y+z=_", True),
        ("a" * 128, True),
        ("a" * 129, False),
        ("with blank", False),
        ('quote"', False),
        ("", False),
    ],
)
def test_sane_request_id_is_kept(client: Client, sent: str, kept: bool) -> None:
    answer = client.get("/health/live", headers={"X-Request-ID": sent})
    assert (answer.headers["x-request-id"] == sent) is kept
    assert answer.headers["x-request-id"]


def test_head_is_get_without_the_body(client: Client) -> None:
    get, head = client.get("/x/probe/open"), client.head("/x/probe/open")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == get.headers["content-length"] == str(len(get.content))
    assert client.head("/nowhere").status_code == 404
    assert client.head("/x/probe/items/a").status_code == 401
    assert client.head("/x/probe/things").status_code == 405


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/x/probe/open/", 200),
        ("//x///probe//open//", 200),
        ("/x/probe/%2fopen", 200),
        ("/x/probe%2Fopen", 200),
        ("/x/probe/open/%00", 404),
        ("/x/probe/items/a%0Ab", 404),
        ("/x/probe/items/%7F", 404),
        ("/x/probe/items/%C2%85", 404),
        ("/x/probe/items/" + "a" * 10_000, 404),
        ("/x/probe/items/" + "a" * 2_000, 200),
        ("/x/probe/items", 404),
        ("/x/probe/items/%2e%2e", 200),
        ("/x/probe/items/%2e%2e%2fa", 404),
        ("/x/probe/items/%FF", 200),
        ("/", 200),
        ("//", 200),
    ],
)
def test_path_is_served_or_cleanly_not_found(client: Client, path: str, status: int) -> None:
    answer = client.get(f"http://testserver.local{path}", headers=TOKEN, follow_redirects=False)
    assert answer.status_code == status, answer.text
    if status == 404:
        assert answer.json() == {
            "error": True,
            "error_message": "Not Found",
            "code": "not_found",
            "detail": "Not Found",
        }


def test_root_path_may_be_sent_or_not(make_client: MakeClient) -> None:
    client = make_client(server__root_path="/api/v9")
    assert client.get("/x/probe/open").json()["root_path"] == ""
    assert client.get("/api/v9/x/probe/open").json()["root_path"] == "/api/v9"
    assert client.get("http://testserver.local//api/v9//x/probe/open/").json()["root_path"] == "/api/v9"
    assert client.get("/api/v9/openapi.json").json()["servers"] == [{"url": "/api/v9"}]
    assert client.get("/api/v9x/probe/open").status_code == 404
    assert client.get("/api/v9/api/v9/x/probe/open").status_code == 404


def test_answers_to_get_may_be_kept_by_the_client_alone_and_are_asked_for_again(client: Client) -> None:
    for path in ("/x/probe/open", "/nowhere", "/x/probe/items/a"):
        headers = client.get(path).headers
        assert headers["cache-control"] == "private, no-cache"
        assert headers["vary"] == "Authorization, Accept-Encoding, Origin"
    assert client.get("/x/probe/cached").headers["cache-control"] == "no-store"
    assert "cache-control" not in client.post("/x/probe/things").headers


@pytest.mark.parametrize("path", ["/x/probe/items/a", "/x/probe/things", "/nowhere"])
def test_preflight_needs_no_token(client: Client, path: str) -> None:
    asked = {
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,content-type",
    }
    answer = client.options(path, headers=ORIGIN | asked)
    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["access-control-allow-headers"] == "authorization,content-type"
    assert {"GET", "POST"} <= set(answer.headers["access-control-allow-methods"].split(", "))
    assert answer.headers["access-control-max-age"] == "600"
    assert "access-control-allow-credentials" not in answer.headers
    usual = client.options(path, headers=ORIGIN | {"Access-Control-Request-Method": "GET"})
    assert {"authorization", "content-type", "if-none-match"} <= set(
        usual.headers["access-control-allow-headers"].split(", ")
    )


def test_configured_origins_alone_may_read(make_client: MakeClient) -> None:
    client = make_client(http__cors_origins=["https://gui.example.org", "https://other.example.org"])
    for path in ("/x/probe/open", "/nowhere", "/x/probe/crash", "/x/probe/items/a"):
        answer = client.get(path, headers=ORIGIN)
        assert answer.headers["access-control-allow-origin"] == "https://gui.example.org"
        assert set(answer.headers["access-control-expose-headers"].split(", ")) == {
            "ETag",
            "X-Request-ID",
            "Retry-After",
            "Location",
        }
    for foreign in ({"Origin": "https://evil.example.org"}, {"Origin": "null"}, {}):
        assert "access-control-allow-origin" not in client.get("/x/probe/open", headers=foreign).headers
    assert "Origin" in client.post("/x/probe/things", headers=ORIGIN).headers["vary"]


def test_access_log_has_no_query_string_and_one_line_per_request(
    client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "mestral.access")
    client.get("/x/probe/items/a%20b?ticket=ST-1", headers=TOKEN | {"X-Request-ID": "abc"})
    client.get("/x/%0A2026 GET /forged?code=ST-1")
    first, second = (r.getMessage() for r in caplog.records if r.name == "mestral.access")
    assert re.fullmatch(
        r"GET /x/probe/items/a%20b status=200 bytes=\d+ ms=\d+\.\d request=abc client=\? "
        r"identity=secret-token:User",
        first,
    )
    assert re.fullmatch(r"GET /x/%0A2026%20GET%20/forged status=404 .* identity=-", second)


def test_access_log_can_be_switched_off(make_client: MakeClient, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "mestral.access")
    make_client(http__access_log=False).get("/health/live")
    assert not [record for record in caplog.records if record.name == "mestral.access"]


def test_post_answers_200(client: Client) -> None:
    answer = client.post("/x/probe/things", json={"name": "a"}, headers=TOKEN)
    assert (answer.status_code, answer.json()) == (200, {"name": "a", "size": 1})
