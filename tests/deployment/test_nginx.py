"""nginx with the file of `deploy/nginx`, TLS and a prefix, in front of one or two fronts."""

import concurrent.futures
import http.client
import json
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import jwt
import pytest
from tests.deployment.conftest import Nginx, Site
from tests.probe import SECRET_KEY, SECRET_TOKEN, Server

AUTHORIZED = {"Authorization": f"Bearer {SECRET_TOKEN}"}
EXPERIMENTS = "/api/v4/experiments?only_active=false"


class Answer(NamedTuple):
    status: int
    headers: list[tuple[str, str]]
    body: bytes

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key.lower() == name]

    def one(self, name: str) -> str:
        (value,) = self.all(name)
        return value


class Client:
    """One connection with TLS to the proxy, kept open."""

    def __init__(self, port: int, certificate: Path) -> None:
        context = ssl.create_default_context(cafile=str(certificate))
        self.connection = http.client.HTTPSConnection("localhost", port, timeout=60, context=context)

    def ask(self, path: str, method: str = "GET", body: bytes | None = None, **headers: str) -> Answer:
        given = AUTHORIZED | {name.replace("_", "-"): value for name, value in headers.items()}
        self.connection.request(method, path, body=body, headers=given)
        answer = self.connection.getresponse()
        return Answer(answer.status, answer.getheaders(), answer.read())


class Proxied(NamedTuple):
    client: Client
    front: Server
    port: int


@pytest.fixture(scope="module", params=["tcp", "unix"])
def proxied(request: pytest.FixtureRequest, site: Site, nginx: Nginx) -> Iterator[Proxied]:
    """One front behind the proxy, over TCP and over a unix socket."""
    socket = site.folder / "mestral.sock"
    unix = request.param == "unix"
    arguments = ("--uds", str(socket)) if unix else ()
    with site.front(request.param, *arguments) as front:
        upstream = f"unix:{socket}" if unix else "{}:{}".format(*front.address())
        with nginx(upstream) as port:
            yield Proxied(Client(port, certificate(site)), front, port)


def certificate(site: Site) -> Path:
    return site.folder / "nginx" / "mestral.crt"


def test_answers_and_etags_pass(proxied: Proxied) -> None:
    first = proxied.client.ask(EXPERIMENTS)
    assert first.status == 200
    assert len(json.loads(first.body)["experiments"]) > 3
    etag = first.one("etag")
    assert first.one("vary") == "Authorization, Accept-Encoding, Origin"
    again = proxied.client.ask(EXPERIMENTS, If_None_Match=etag)
    assert (again.status, again.body, again.one("etag")) == (304, b"", etag)


def test_connection_stays_open_also_after_head_and_304(proxied: Proxied) -> None:
    etag = proxied.client.ask(EXPERIMENTS).one("etag")
    socket = proxied.client.connection.sock
    assert socket is not None
    whole = proxied.client.ask(EXPERIMENTS)
    head = proxied.client.ask(EXPERIMENTS, "HEAD")
    assert (head.status, head.body) == (200, b"")
    assert head.one("content-length") == str(len(whole.body))
    proxied.client.ask(EXPERIMENTS, If_None_Match=etag)
    assert proxied.client.connection.sock is socket


def test_root_path_is_public_with_and_without_a_path(proxied: Proxied) -> None:
    assert proxied.client.ask("/api/v4").status == 200
    assert proxied.client.ask("/v4").status == 404
    document = json.loads(proxied.client.ask("/api/openapi.json").body)
    assert document["servers"][0]["url"].endswith("/api")
    moved = proxied.client.ask("/api")
    assert (moved.status, moved.one("location").endswith("/api/")) == (308, True)


def test_cors_headers_come_once_on_errors_too(proxied: Proxied) -> None:
    for path, status in ((EXPERIMENTS, 200), ("/api/v4/experiments?page=x", 422), ("/api/nowhere", 404)):
        answer = proxied.client.ask(path, Origin="https://gui.example.org")
        assert answer.status == status
        assert answer.all("access-control-allow-origin") == ["*"]
        assert answer.all("x-request-id") != []
    preflight = proxied.client.ask(
        EXPERIMENTS, "OPTIONS", Origin="https://gui.example.org", Access_Control_Request_Method="GET"
    )
    assert (preflight.status, preflight.all("access-control-allow-origin")) == (204, ["*"])


def test_access_log_has_the_address_of_the_client_and_no_forged_one(proxied: Proxied) -> None:
    answer = proxied.client.ask("/api/v4", X_Forwarded_For="203.0.113.9")
    line = proxied.front.wait_for(f"GET /api/v4 .*{answer.one('x-request-id')}.*")[0]
    assert " client=127.0.0.1 " in f"{line} "
    assert "203.0.113.9" not in proxied.front.log


def test_large_bodies(proxied: Proxied) -> None:
    for size, status in ((900 * 1024, 405), (2 * 1024 * 1024, 413)):
        answer = proxied.client.ask("/api/v4", "POST", body=b"x" * size)
        assert answer.status == status
        proxied.client.connection.close()  # nginx closes after a 413 that it answers itself


def test_percent_encoded_paths_arrive_as_they_were_sent(proxied: Proxied) -> None:
    answer = proxied.client.ask("/api/v4/experiments/%2e%2e%2fetc")
    assert answer.status in (404, 422)
    line = proxied.front.wait_for(f"GET (\\S+) .*{answer.one('x-request-id')}")
    assert line[1] == "/api/v4/experiments/%2e%2e%2fetc"


# -- several fronts ---------------------------------------------------------------------------------------


def test_two_fronts_give_the_same_answers_and_etags_and_take_each_others_tokens(site: Site) -> None:
    with site.front("one") as one, site.front("two") as two:
        paths = ["/v4", EXPERIMENTS, "/v3/running", "/v4/experiments/o000/jobs", "/v4/experiments/o000"]
        paths += ["/openapi.json"]
        answers = [[ask(front.address(), path) for path in paths] for front in (one, two)]
        for path, a, b in zip(paths, *answers, strict=True):
            assert (a.status, a.body, a.all("etag")) == (b.status, b.body, b.all("etag")), path
            assert a.status == 200, path
        # What one answered the other confirms.
        etag = answers[0][1].one("etag")
        assert ask(two.address(), EXPERIMENTS, {"If-None-Match": etag}).status == 304
        # The same key, in another state folder.
        token = jwt.encode({"user_id": "ana", "sub": "ana", "exp": 4102444800}, SECRET_KEY, "HS256")
        for front in (one, two):
            answer = ask(front.address(), "/v4/auth/verify-token", {"Authorization": f"Bearer {token}"})
            assert json.loads(answer.body) == {"authenticated": True, "user": "ana"}


def ask(address: tuple[str, int], path: str, headers: dict[str, str] | None = None) -> Answer:
    connection = http.client.HTTPConnection(*address, timeout=60)
    try:
        connection.request("GET", path, headers=AUTHORIZED | (headers or {}))
        answer = connection.getresponse()
        return Answer(answer.status, answer.getheaders(), answer.read())
    finally:
        connection.close()


def test_only_what_is_on_its_way_is_lost_when_a_front_is_killed_and_comes_back(
    site: Site, nginx: Nginx
) -> None:
    stop = threading.Event()

    def hammer(port: int) -> list[int]:
        """States of all answers, 0 for one that was cut short: no proxy can take back what it passed on."""
        client, seen = Client(port, certificate(site)), []
        while not stop.is_set():
            try:
                seen.append(client.ask(EXPERIMENTS).status)
            except http.client.IncompleteRead:
                seen.append(0)
                client = Client(port, certificate(site))
        return seen

    with site.front("kept") as kept, site.front("killed") as killed:
        addresses = ["{}:{}".format(*front.address()) for front in (kept, killed)]
        with nginx(*addresses) as port, concurrent.futures.ThreadPoolExecutor(4) as clients:
            hammering = [clients.submit(hammer, port) for _ in range(4)]
            try:
                for front in (kept, killed):
                    front.wait_for("GET /api/v4/experiments status=200")
                killed.process.kill()
                killed.process.wait()
                wait_for_more(kept, 50)
                # nginx asks it again after fail_timeout.
                again_at = ("--port", addresses[1].rpartition(":")[2])
                with site.front("back", *again_at) as back:
                    back.wait_for("GET /api/v4/experiments status=200")
            finally:
                stop.set()
            statuses = [status for one in hammering for status in one.result()]
    assert set(statuses) - {0} == {200}
    assert statuses.count(0) <= 4  # one that each client was just receiving
    assert len(statuses) > 50


def wait_for_more(front: Server, more: int) -> None:
    """Until the front has answered so many more requests."""
    before, deadline = front.log.count("status=200"), time.monotonic() + 60
    while front.log.count("status=200") < before + more:
        assert time.monotonic() < deadline, front.log
        time.sleep(0.02)


def test_fronts_without_a_shared_key_are_refused(site: Site) -> None:
    environ = site.environ("lonely")
    del environ["SECRET_KEY"]
    done = subprocess.run(
        [sys.executable, "-m", "mestral", "serve", "--port", "0"],
        env=environ,
        cwd=site.folder,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 2
    assert "MESTRAL_SERVER__SEVERAL_FRONTS: several fronts need one signing key" in done.stderr
    assert "SECRET_KEY" in done.stderr
