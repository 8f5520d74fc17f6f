"""What the server writes to standard error: one line per event, whoever sends what."""

import json
import logging
import re
import signal
import socket
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.probe import SECRET_TOKEN, Server, ask, serving

from mestral.logs.formats import JsonFormat, TextFormat

TOKEN = {"Authorization": f"Bearer {SECRET_TOKEN}"}
RECORD = re.compile(
    r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z (DEBUG|INFO|WARNING|ERROR) [\w.]+( \[[\w ]+\])?: .*"
)

HOSTILE = (
    b"GET /x/%0A2030-01-01T00:00:00.000Z%20ERROR%20forged:%20percent HTTP/1.1",
    b"GET /x/probe/made/%E2%80%A82030-01-01T00:00:00.000Z%20ERROR%20forged:%20separator HTTP/1.1",
    b"GET /x/probe/open?ticket=ST-secret&code=4711 HTTP/1.1",
    b"GET /x/\xff\x9b2J\x1b[2Jescape HTTP/1.1",
    b"GET /x/\r2030-01-01T00:00:00.000Z ERROR forged: return HTTP/1.1",
    b"FORGED\t2030 /x/probe/open HTTP/1.1",
)
HEADERS = (
    b"User-Agent: \x1b[31mred\x07",
    b"X-Request-ID: a\x1b[31m\t2030-01-01T00:00:00.000Z ERROR forged: id",
    b"X-Forwarded-For: 192.0.2.1\x1b[2J 2030-01-01T00:00:00.000Z",
)


def send_hostile(server: Server) -> None:
    """What no client of good faith sends; every line of a head in a connection of its own."""
    heads = [line + b"\r\nHost: a" for line in HOSTILE]
    heads += [b"GET /x/probe/open HTTP/1.1\r\nHost: a\r\n" + line for line in HEADERS]
    for head in heads:
        with socket.create_connection(server.address()) as connection:
            connection.sendall(head + b"\r\nConnection: close\r\n\r\n")
            while connection.recv(4096):
                pass


def json_log(server: Server) -> list[dict[str, Any]]:
    """Every record; nothing else may be written."""
    return [json.loads(line) for line in server.log.splitlines()]


def stop(server: Server) -> None:
    server.process.send_signal(signal.SIGTERM)
    assert server.process.wait(30) == 0


def test_json_is_one_object_per_line_with_fields(tmp_path: Path) -> None:
    begun = datetime.now(UTC)
    with serving(tmp_path, config='[log]\nformat = "json"\n', by=("env", "TZ=Asia/Tokyo")) as server:
        send_hostile(server)
        ask(server.address(), "GET", "/x/probe/items/one?ticket=ST-secret", TOKEN | {"X-Request-ID": "one"})
        ask(server.address(), "GET", "/x/probe/crash", {"X-Request-ID": "two"})
        stop(server)
        assert server.log.isascii()
        records = json_log(server)
    assert all(
        {"time", "level", "logger", "message"} <= record.keys()
        and re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", record["time"])
        for record in records
    )
    for record in records:  # the clock of a record has milliseconds
        assert (
            begun - timedelta(milliseconds=1) <= datetime.fromisoformat(record["time"]) <= datetime.now(UTC)
        )
    assert not [record for record in records if record["logger"] == "forged"]
    (access,) = (r for r in records if r["logger"] == "mestral.access" and r["request_id"] == "one")
    wanted = {
        "level": "INFO",
        "method": "GET",
        "path": "/x/probe/items/one",
        "route": "/x/probe/items/{name}",
        "plugin": "probe",
        "status": 200,
        "client": "127.0.0.1",
        "identity": "secret-token:User",
    }
    assert wanted.items() <= access.items()
    assert access["ms"] > 0
    assert access["bytes"] > 0
    (crash,) = (record for record in records if "exception" in record)
    assert (crash["plugin"], crash["request_id"], crash["level"]) == ("probe", "two", "ERROR")
    assert "RuntimeError: the password is hunter2" in crash["exception"]
    assert {"uvicorn.error", "mestral.cli.serve"} <= {record["logger"] for record in records}
    text = json.dumps(records)
    assert "ST-secret" not in text
    assert "4711" not in text


def test_text_lines_cannot_be_forged(tmp_path: Path) -> None:
    with serving(tmp_path, config='[log.levels]\nprobe = "DEBUG"\n') as server:
        send_hostile(server)
        ask(server.address(), "GET", "/x/probe/crash", {"X-Request-ID": "two"})
        ask(server.address(), "GET", "/x/probe/made/crash", {"X-Request-ID": "three"})
        stop(server)
        log = server.log
    assert "forged" in log  # it was written, as a part of other lines
    for line in log.split("\n")[:-1]:
        assert line.isprintable(), ascii(line)
        assert RECORD.fullmatch(line) or line.startswith("    "), line
        assert not re.match(r"\s*2030-", line), line
    assert re.search(
        r"Unexpected error: GET /x/probe/crash \(plugin probe, request two\)\n {4}Traceback", log
    )
    # What failed in a reader is told once, with the request it failed for.
    assert log.count('Traceback (most recent call last):\n      File "') >= 2
    assert re.search(r"mestral_probe:render_made failed: \(plugin probe, request three\)\n {4}Traceback", log)
    assert "ST-secret" not in log
    assert "4711" not in log


def test_levels_by_plugin_in_every_process_and_requests_in_readers(tmp_path: Path) -> None:
    config = (
        '[log]\nformat = "json"\nlevel = "WARNING"\n'
        '[log.levels]\nprobe = "DEBUG"\n"mestral.cli.server" = "INFO"\n'
    )
    with serving(tmp_path, config=config) as server:
        ask(server.address(), "GET", "/x/probe/made/a", {"X-Request-ID": "one"})
        ask(server.address(), "GET", "/x/probe/made/b", {"X-Request-ID": "two"})
        stop(server)
        records = json_log(server)
    assert {record["logger"] for record in records} == {"mestral_probe", "mestral.cli.server"}
    made = [record for record in records if record["logger"] == "mestral_probe"]
    told = [(r["message"], r["plugin"], r["request_id"], r.get("process")) for r in made]
    assert told == [
        ("asked for a", "probe", "one", None),
        ("making a", "probe", "one", "mestral reader 1"),
        ("asked for b", "probe", "two", None),
        ("making b", "probe", "two", "mestral reader 1"),
    ]


def test_what_passes_for_a_client_is_an_address(tmp_path: Path) -> None:
    sent = {
        "198.51.100.7": "198.51.100.7",
        "198.51.100.7:4711": "198.51.100.7",
        "[2001:db8::1]:443": "2001:db8::1",
        "fe80::1%eth0": "fe80::1%eth0",
        "identity=root": "?",
        "localhost": "?",
        "a" * 3000: "?",
    }
    with serving(tmp_path, config='[log]\nformat = "json"\n') as server:
        for forwarded in sent:
            ask(server.address(), "GET", "/x/probe/open", {"X-Forwarded-For": forwarded})
        stop(server)
        access = [record for record in json_log(server) if record["logger"] == "mestral.access"]
    assert [record["client"] for record in access] == list(sent.values())


def test_what_is_refused_before_there_is_a_request_is_told_with_its_client(tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        for sent in (b"nonsense\r\n\r\n", b"GET / HTTP/1.1\r\nX: " + b"y" * 70_000 + b"\r\n\r\n"):
            with socket.create_connection(server.address()) as connection:
                connection.sendall(sent)
                own = re.escape(str(connection.getsockname()))
                server.wait_for(rf"INFO mestral.cli.protocol: refused {own}: 4(00|31), ")


class Mute:
    """Cannot be shown."""

    def __str__(self) -> str:
        raise ValueError("mute")

    __repr__ = __str__


@pytest.mark.parametrize(
    ("message", "arguments", "shown"),
    [
        ("%d jobs", ("many",), "many"),
        ("%s", (Mute(),), "ValueError: mute"),
        (Mute(), (), "Mute"),
        ("fine", ({"share": float("nan")},), "fine"),
        ("fine", ({"by": {("a", 1): 2}},), "fine"),
        ("fine", ({"of": Mute()},), "fine"),
        ("at %(place)s", ({"place": Path("/a/b")},), "at /a/b"),
    ],
)
@pytest.mark.parametrize("form", [TextFormat, JsonFormat])
def test_a_record_is_written_whatever_is_in_it(
    form: type[TextFormat | JsonFormat], message: object, arguments: tuple[object, ...], shown: str
) -> None:
    stack = "Stack (most recent call last):\n  line"
    record = logging.LogRecord("x", logging.INFO, "", 0, message, arguments, None, sinfo=stack)
    line = form("", {}).format(record)
    assert shown in line
    assert "Stack (most recent call last):" in line
    if form is JsonFormat:
        read = json.loads(line, parse_constant=lambda word: pytest.fail(f"{word} is not JSON"))
        assert read["exception"] == stack
        assert read.get("place", "/a/b") == "/a/b"
