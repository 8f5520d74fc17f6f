"""A CAS server that says and does what a test wants, for what no real one can be made to do."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx2
from tests.logins.browser import Browser
from tests.logins.serving import Site, serving_logins
from tests.servers.start import free_port

GUI = "https://gui.example.org/"
NAMESPACE = "http://www.yale.edu/tp/cas"

Answer = Callable[[BaseHTTPRequestHandler], None]


class Cas:
    """A server that answers as the test wants.

    Attributes:
        answers: Path below its address, and how it is answered; others are not found.
        asked: Paths and queries that it was asked for.
    """

    def __init__(self, url: str, site: Site) -> None:
        self.url = url
        self.site = site
        self.answers: dict[str, Answer] = {}
        self.asked: list[tuple[str, dict[str, str]]] = []

    def says(self, body: str | bytes, *, status: int = 200, kind: str = "text/xml") -> None:
        """Answer the check of a ticket so from now on, and nothing else."""
        data = body.encode() if isinstance(body, str) else body
        self.answers = {"p3/serviceValidate": answer(data, status, kind)}

    def log_in(self, version: str = "v4") -> httpx2.Response:
        """What the GUI gets for a ticket."""
        with Browser() as gui:
            if version == "v3":
                return gui.visit(f"{self.site.url}/v3/login?env=x&ticket=ST-1", headers={"Referer": GUI})
            query = f"service={GUI}%3Fa%3D1%26b&ticket=ST-1%2B%26"
            return gui.visit(f"{self.site.url}/v4/auth/cas/v2/login?{query}")


def answer(data: bytes, status: int, kind: str, *headers: tuple[str, str]) -> Answer:
    """One answer, the same every time."""

    def send(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        handler.send_header("Content-Type", kind)
        for header in headers:
            handler.send_header(*header)
        handler.end_headers()
        handler.wfile.write(data)

    return send


def response(inner: str, namespace: str = NAMESPACE) -> str:
    """An answer of CAS."""
    return f'<cas:serviceResponse xmlns:cas="{namespace}">{inner}</cas:serviceResponse>'


def success(inner: str) -> str:
    """One that vouches for somebody."""
    return response(f"<cas:authenticationSuccess>{inner}</cas:authenticationSuccess>")


USER = "<cas:user>alice</cas:user>"


@contextmanager
def hostile(folder: Path) -> Iterator[Cas]:
    """Both servers; v3 asks one that is not there."""
    found: list[Cas] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            path = parts.path.removeprefix("/cas/")
            found[0].asked.append((path, {k: v[0] for k, v in parse_qs(parts.query).items()}))
            with suppress(ConnectionError):  # the client had enough
                found[0].answers.get(path, answer(b"<html>Not found", 404, "text/html"))(self)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}/cas/"
    config = (
        f'[plugins]\nonly = ["auth_cas"]\n[auth]\nclients = ["{GUI}"]\n'
        f'[plugins.auth_cas]\nserver_url = "{url}"\n'
        f'verify_url = "http://127.0.0.1:{free_port()}/serviceValidate"\ngroups_attribute = "memberOf"\n'
    )
    try:
        with serving_logins(folder, config) as site:
            found.append(Cas(url, site))
            yield found[0]
    finally:
        server.shutdown()
        server.server_close()
