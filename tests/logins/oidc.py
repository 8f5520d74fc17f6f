"""What the tests of the login by OpenID Connect share: a Mestral with that login, and a provider that answers
whatever a test wants."""

import json
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urljoin, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from litestar import Litestar
from litestar.testing import TestClient
from tests.logins.browser import Browser
from tests.probe import SECRET_KEY

from mestral.app import build_app
from mestral.settings import load_settings

HERE = "http://127.0.0.1"
CALLBACK = f"{HERE}/v4/auth/oidc/callback"
GUI = "http://gui.example.org/app/login"
LEGACY = "/v4/auth/oidc/login"
SECRET = "s3cret+s3cret&s3cret=s3cret%s3cret"

Client = TestClient[Litestar]


@contextmanager
def mestral(folder: Path, **settings: Any) -> Iterator[Client]:
    """A Mestral that has the login by OpenID Connect alone.

    Args:
        folder: For its state.
        settings: Of the plugin; `auth__legacy_gui_login=False` for another table; None takes one out.
    """
    config = folder / "mestral.toml"
    config.touch()
    overrides: dict[str, Any] = {
        "state_dir": str(folder / "state"),
        "plugins.only": ["auth_oidc"],
        "auth.secret_key": SECRET_KEY,
        "auth.clients": ["http://gui.example.org/app/"],
        "readers.count": 1,
    }
    for name, value in {"client_id": "autosubmit", "client_secret": SECRET, **settings}.items():
        key = name.replace("__", ".") if "__" in name else f"plugins.auth_oidc.{name}"
        if value is not None:
            overrides[key] = value
    app = build_app(load_settings(config=config, environ={"HOME": str(folder)}, overrides=overrides))
    with TestClient(app, base_url=HERE, raise_server_exceptions=False) as client:
        yield client


def sign_in(url: str, back: str, name: str = "alice") -> str:
    """Log in at a provider and consent, whatever its pages ask; the address below `back` to which it sends
    the browser in the end."""
    with Browser() as browser:
        page = browser.visit(url, until=back)
        for _ in range(5):
            if page.has_redirect_location:
                return urljoin(str(page.url), page.headers["location"])
            page = browser.submit(page, until=back, login=name, sub=name, password="any")
    raise AssertionError("the pages of the server have no end")


def asked_of(url: str) -> dict[str, str]:
    """The query of an address."""
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}


def begin(client: Client, **query: str) -> str:
    """Where the browser is sent to log in."""
    answer = client.get("/v4/auth/oidc/start", params=query, follow_redirects=False)
    assert answer.status_code == 302, answer.text
    return answer.headers["location"]


def back(client: Client, state: str, code: str = "a-code", **query: str) -> Any:
    """The browser comes back with what a provider gave."""
    return client.get(
        "/v4/auth/oidc/callback", params={"code": code, "state": state, **query}, follow_redirects=False
    )


def ask_as_gui(client: Client, code: str = "a-code", redirect_uri: str = GUI) -> Any:
    """The call of today's GUI."""
    return client.get(LEGACY, params={"code": code, "redirect_uri": redirect_uri})


def gui_begins(endpoint: str) -> str:
    """Where today's GUI sends the browser."""
    query = {
        "scope": "openid",
        "response_type": "code",
        "client_id": "autosubmit",
        "redirect_uri": GUI,
    }
    return f"{endpoint}?{urlencode(query)}"


def claims(answer: Any) -> dict[str, Any]:
    """What is in the token of a login's answer."""
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert (body["authenticated"], body["message"]) == (True, "Token generated")
    found = jwt.decode(
        body["token"].removeprefix("Bearer "), SECRET_KEY, algorithms=["HS256"], audience="mestral"
    )
    assert (found["provider"], found["user_id"]) == ("oidc", body["user"])
    return found


def refused(answer: Any) -> str:
    """The message of a refused login, whose shape is that of the contract."""
    assert answer.status_code == 401, answer.text
    body = answer.json()
    assert body == {"authenticated": False, "user": None, "token": None, "message": body["message"]}
    return str(body["message"])


def not_answered(answer: Any, status: int) -> str:
    """The message when the provider does not do its part."""
    assert answer.status_code == status, answer.text
    body = answer.json()
    assert body["error"] is True
    return str(body["error_message"])


def audited(folder: Path) -> list[tuple[str, str, str]]:
    """The logins in the audit log: result, who, reason."""
    with closing(sqlite3.connect(folder / "state" / "mestral.db")) as database:
        query = "SELECT result, who, detail FROM mestral_audit WHERE action = 'login' ORDER BY number"
        return list(database.execute(query))


def reason(folder: Path) -> str:
    """Why the last login was refused."""
    result, who, detail = audited(folder)[-1]
    assert (result, who) == ("refused", "")
    return detail


# -- a provider that answers as a test wants ----------------------------------------------------------------

Answer = Callable[[BaseHTTPRequestHandler], None]

DISCOVERY, KEYS, TOKEN, USERINFO = "/.well-known/openid-configuration", "/keys", "/token", "/userinfo"


def new_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


def published(key: Any, algorithm: str = "RS256", **more: str) -> dict[str, Any]:
    """A key as it stands in a key set."""
    found = jwt.get_algorithm_by_name(algorithm).to_jwk(key.public_key(), as_dict=True)
    assert isinstance(found, dict)
    return {name: value for name, value in found.items() if name != "key_ops"} | more


def says(body: object, status: int = 200, **headers: str) -> Answer:
    """An answer; a body that is no bytes is JSON."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in {"Content-Length": str(len(content)), **headers}.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(content)

    return answer


class Fake:
    """A provider whose every answer can be replaced.

    Attributes:
        issuer: Its name and address.
        answers: What it says at each path; what is not there is made anew each time.
        asked: Path, form and `Authorization` of what it was asked so far.
        key: It signs with that.
        keys: What it publishes.
        headers: Of its id tokens, beside the algorithm.
        algorithm: That it signs with.
        claims: In its id tokens, beside what has to be there; None takes one out.
        discovery: In its discovery document, likewise.
    """

    def __init__(self, issuer: str) -> None:
        self.issuer = issuer
        self.answers: dict[str, Answer] = {}
        self.asked: list[tuple[str, dict[str, list[str]], str | None]] = []
        self.key: Any = new_key()
        self.headers: dict[str, Any] = {"kid": "one"}
        self.algorithm = "RS256"
        self.keys: list[Any] = [published(self.key, kid="one")]
        self.claims: dict[str, Any] = {}
        self.discovery: dict[str, Any] = {}
        self.nonce = ""

    def begun(self, client: Client) -> str:
        """Begin a login in the browser of a client; the state to come back with."""
        query = asked_of(begin(client))
        self.nonce = query["nonce"]
        return query["state"]

    def count(self, path: str) -> int:
        """How often it was asked for something."""
        return sum(asked == path for asked, _, _ in self.asked)

    def id_token(self) -> str:
        now = int(time.time())
        good = {"iss": self.issuer, "aud": "autosubmit", "sub": "alice", "iat": now, "exp": now + 300}
        nonce = {"nonce": self.nonce} if self.nonce else {}
        told = {name: value for name, value in {**good, **nonce, **self.claims}.items() if value is not None}
        return jwt.encode(told, self.key, self.algorithm, headers=self.headers)

    def answer(self, path: str) -> Answer:
        if path in self.answers:
            return self.answers[path]
        if path == DISCOVERY:
            document = {
                "issuer": self.issuer,
                "authorization_endpoint": f"{self.issuer}/authorize",
                "token_endpoint": f"{self.issuer}{TOKEN}",
                "jwks_uri": f"{self.issuer}{KEYS}",
                "userinfo_endpoint": f"{self.issuer}{USERINFO}",
                **self.discovery,
            }
            return says({name: value for name, value in document.items() if value is not None})
        if path == KEYS:
            return says({"keys": self.keys})
        if path == TOKEN:
            return says({"access_token": "access", "token_type": "Bearer", "id_token": self.id_token()})
        if path == USERINFO:
            return says({"sub": "alice"})
        return says({}, 404)


@contextmanager
def fake_provider(port: int = 0) -> Iterator[Fake]:
    """Start one, on a port that is free."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            form = parse_qs(self.rfile.read(int(self.headers.get("Content-Length", 0))).decode())
            fake.asked.append((self.path, form, self.headers.get("Authorization")))
            fake.answer(self.path)(self)

        do_POST = do_GET

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    server.daemon_threads = True
    fake = Fake(f"http://127.0.0.1:{server.server_port}")
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield fake
    finally:
        server.shutdown()
        server.server_close()
