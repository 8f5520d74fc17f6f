"""`mestral serve` as a process of its own, over real sockets."""

import http.client
import json
from pathlib import Path

import pytest
from tests.probe import SECRET_TOKEN, ask, serving


def test_over_real_sockets(tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        address = server.address()

        status, headers, body = ask(address, "GET", "/x/probe/open")
        assert (status, json.loads(body)["page"]) == (200, 1)
        assert "server" not in headers

        # The connection stays open after HEAD: the server does not wait for a body that never comes.
        connection = http.client.HTTPConnection(*address, timeout=60)
        for method, length in (("HEAD", 0), ("GET", int(headers["content-length"]))):
            connection.request(method, "//x/probe//open/")
            answer = connection.getresponse()
            assert (answer.status, len(answer.read())) == (200, length)
            assert answer.getheader("content-length") == headers["content-length"]
            assert connection.sock is not None
        connection.close()

        status, headers, body = ask(address, "GET", "/x/probe/crash", {"Origin": "https://gui.example.org"})
        assert (status, json.loads(body)["error_message"]) == (500, "An unexpected error occurred.")
        assert headers["access-control-allow-origin"] == "*"
        assert headers["x-request-id"] in server.log

        for path in ("/x/probe/items/%00", "/x/probe/items/" + "a" * 10_000, "/%ff%0a"):
            assert ask(address, "GET", path)[0] == 404

        # Half an answer must not pass for a whole one.
        with pytest.raises(http.client.IncompleteRead):
            ask(address, "GET", "/x/probe/half")

        path = "/x/probe/items/a?ticket=ST-secret"
        assert ask(address, "GET", path, {"Authorization": f"Bearer {SECRET_TOKEN}"})[0] == 200
        server.wait_for(r"GET /x/probe/items/a status=200 .* identity=secret-token:User")
        assert "ST-secret" not in server.log
        assert SECRET_TOKEN not in server.log
        assert "plugin probe is active (probe 0.1)" in server.log


def test_options_of_the_command_line(tmp_path: Path) -> None:
    with serving(tmp_path, "--root-path", "/api", "--readers", "2") as server:
        status, _, body = ask(server.address(), "GET", "/api/x/probe/open")
        assert (status, json.loads(body)["root_path"]) == (200, "/api")


def test_reload_serves_with_the_same_options(tmp_path: Path) -> None:
    with serving(tmp_path, "--reload", "--root-path", "/api") as server:
        address = server.address()
        server.wait_for("Application startup complete")
        assert json.loads(ask(address, "GET", "/api/x/probe/open")[2])["root_path"] == "/api"
        server.process.terminate()
        server.process.wait(60)


@pytest.mark.parametrize(
    ("arguments", "config", "message"),
    [
        (("--port", "70000"), "", "server.port"),
        ((), "[server]\nprot = 1\n", "Did you mean port"),
        ((), "[plugins.probe]\nrequired = true\nnonsense = 1\n", "nonsense"),
    ],
)
def test_what_cannot_start_says_why_and_exits_with_2(
    tmp_path: Path, arguments: tuple[str, ...], config: str, message: str
) -> None:
    with serving(tmp_path, *arguments, config=config) as server:
        assert server.process.wait(60) == 2
        assert message in server.log
        assert "Traceback" not in server.log
