"""What the tests of GitHub's login share: a Mestral with that login, a browser for the pages of a strict
server, and a server that answers whatever a test wants."""

import html
import json
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urljoin, urlsplit

import httpx2
import jwt
from litestar import Litestar
from litestar.testing import TestClient
from tests.probe import SECRET_KEY

from mestral.app import build_app
from mestral.settings import load_settings

HERE = "http://127.0.0.1"
CALLBACK = f"{HERE}/v4/auth/github/callback"
LEGACY = "/v4/auth/oauth2/github/login"
NASTY_SECRET = "s3cret+s3cret&s3cret=s3cret%s3cret%2B"
NOT_A_MEMBER = "User is not member of organization or team"

Client = TestClient[Litestar]
Answer = Callable[[BaseHTTPRequestHandler], None]


@contextmanager
def mestral(folder: Path, web_url: str, api_url: str | None = None, **settings: Any) -> Iterator[Client]:
    """A Mestral that has the login by GitHub alone.

    Args:
        folder: For its state.
        web_url, api_url: Where GitHub is; the same when only one is given.
        settings: Of the plugin; `auth__legacy_gui_login=False` for another table.
    """
    config = folder / "mestral.toml"
    config.touch()
    table = {"client_id": "mestral", "client_secret": NASTY_SECRET, "organization": "bsc-es", **settings}
    overrides = {
        "state_dir": str(folder / "state"),
        "plugins.only": ["auth_github"],
        "auth.secret_key": SECRET_KEY,
        "readers.count": 1,
        "plugins.auth_github.web_url": web_url,
        "plugins.auth_github.api_url": api_url or web_url,
    }
    for name, value in table.items():
        key = name.replace("__", ".") if "__" in name else f"plugins.auth_github.{name}"
        if value is not None:
            overrides[key] = value
    app = build_app(load_settings(config=config, environ={"HOME": str(folder)}, overrides=overrides))
    with TestClient(app, base_url=HERE, raise_server_exceptions=False) as client:
        yield client


def begin(client: Client) -> str:
    """Where the browser is sent to log in."""
    answer = client.get("/v4/auth/github/start", follow_redirects=False)
    assert answer.status_code == 302, answer.text
    return answer.headers["location"]


def redirected(url: str) -> str:
    """Where a server sends the browser from this address."""
    return urljoin(url, httpx2.get(url).headers["location"])


def asked_of(url: str) -> dict[str, str]:
    """The query of an address."""
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}


def claims(answer: Any) -> dict[str, Any]:
    """What is in the token of a login's answer."""
    assert answer.status_code == 200, answer.text
    token = answer.json()["token"].removeprefix("Bearer ")
    return jwt.decode(token, SECRET_KEY, algorithms=["HS256"], audience="mestral")


def refused(answer: Any) -> str:
    """The message of a refused login, whose shape is that of the contract."""
    body = answer.json()
    assert answer.status_code == 401, answer.text
    assert body == {"authenticated": False, "user": None, "token": None, "message": body["message"]}
    return str(body["message"])


def sign_in(url: str, name: str = "member") -> str:
    """Log in at the pages of the strict server, as a person does; the address to which it sends them back."""
    with httpx2.Client() as browser:
        answer = browser.get(url)
        for _ in range(10):
            if (target := answer.headers.get("location")) is not None:
                target = urljoin(str(answer.url), target)
                if target.startswith(CALLBACK):
                    return target
                answer = browser.get(target)
                continue
            form = re.search(r'action="([^"]+)"', answer.text)
            assert form is not None, answer.text
            hidden = re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', answer.text)
            answer = browser.post(
                html.unescape(form[1]), data={**dict(hidden), "login": name, "password": "any"}
            )
    raise AssertionError("the pages of the server have no end")


def says(body: object, status: int = 200, **headers: str) -> Answer:
    """An answer; a body that is no text is JSON."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in {"Content-Length": str(len(content)), **headers}.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(content)

    return answer


TOKEN = "/login/oauth/access_token"
USER = "/user"
MEMBERSHIP = "/user/memberships/orgs/bsc-es"

GOOD: dict[str, Answer] = {
    TOKEN: says({"access_token": "gho_good", "token_type": "bearer", "scope": "read:org"}),
    USER: says({"id": 1001, "login": "member"}),
    MEMBERSHIP: says({"state": "active"}),
}


class Fake:
    """A server that answers as a test wants it.

    Attributes:
        url: Its address, without a slash.
        answers: What it answers, by path.
        asked: What it was asked so far: path, body and `Authorization`.
    """

    def __init__(self, url: str, answers: dict[str, Answer]) -> None:
        self.url = url
        self.answers = answers
        self.asked: list[tuple[str, str, str | None]] = []

    @property
    def paths(self) -> list[str]:
        """The paths that it was asked for."""
        return [path for path, _, _ in self.asked]


@contextmanager
def answering(answers: Mapping[str, Answer], prefix: str = "") -> Iterator[Fake]:
    """Start it; paths are answered below `prefix` as in `GOOD`, unless `answers` says otherwise."""
    known = {(path if path == TOKEN else prefix + path): answer for path, answer in GOOD.items()}
    known |= {(path if path == TOKEN else prefix + path): answer for path, answer in answers.items()}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            size = int(self.headers.get("Content-Length", 0))
            body = self.rfile.read(size).decode()
            fake.asked.append((self.path, body, self.headers.get("Authorization")))
            fake.answers.get(self.path, says({"message": "Not Found"}, 404))(self)

        do_POST = do_GET

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    fake = Fake(f"http://127.0.0.1:{server.server_port}", known)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield fake
    finally:
        server.shutdown()
        server.server_close()
