"""The status page: who gets it at `/`, what they may see, and that nothing of a plugin breaks it."""

import sys
from pathlib import Path
from typing import Any

import pytest
from tests.http.conftest import MakeClient
from tests.probe import SECRET_KEY, SECRET_TOKEN

TOKEN = {"Authorization": f"Bearer {SECRET_TOKEN}"}
FIREFOX = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
CHROMIUM = FIREFOX.replace(",*/*", ",image/avif,image/webp,image/apng,*/*") + ",x/y;v=b3;q=0.7"
HTML = {"Accept": FIREFOX}
EVIL = "<img src=x onerror=alert(1)>\"'&"
ESCAPED = "&lt;img src=x onerror=alert(1)&gt;&quot;&#x27;&amp;"

SECTIONS = '''
import asyncio
import msgspec
from mestral import Access, Link, Manifest, Mark, Problem, StatusSection, StatusTable, hookimpl

EVIL = """<img src=x onerror=alert(1)>"'&"""


class Settings(msgspec.Struct, frozen=True):
    way: str = "good"
    access: Access = Access.READ


class Show:
    manifest = Manifest(
        name="show", version="1", summary="Shows.", requires_api=">=0.1", settings=Settings
    )

    @hookimpl
    def mestral_status_sections(self, context):
        async def render(platform):
            match context.settings.way:
                case "raise":
                    raise RuntimeError("inner detail")
                case "exit":
                    raise SystemExit("inner detail")
                case "cancel":
                    raise asyncio.CancelledError
                case "hang":
                    await asyncio.sleep(3600)
                case "problem":
                    raise Problem(503, EVIL)
                case "nothing":
                    return None
                case "ragged":
                    return StatusTable(text="", columns=("One", "Two"), rows=(("1",),))
                case "cell":
                    return StatusTable(text="", columns=("One",), rows=((b"bytes",),))
                case "elsewhere":
                    return StatusTable(text="", links=(Link("x", "javascript:alert(1)"),))
                case "odd":
                    cell = "\\x1b[2J\\u202edetrevni" + "y" * 100_000
                    return StatusTable(text="", columns=("One",), rows=((cell,),))
                case "evil":
                    cells = (Link(EVIL, "/x?a=1&b=2"), EVIL, Mark(EVIL, "bad"), 1234)
                    return StatusTable(text=EVIL, columns=(EVIL, "B", "C", "D"), rows=(cells,))
            return StatusTable(text="All is well.", columns=("Name",), rows=((Link("one", "/one"),),))

        title = EVIL if context.settings.way == "evil" else "Show"
        return [StatusSection(title=title, render=render, access=context.settings.access)]


plugin = Show()
'''


@pytest.fixture
def show(tmp_path: Path, make_client: MakeClient) -> Any:
    """Makes clients of an app with a plugin that contributes a section."""
    folder = tmp_path / "local"
    folder.mkdir()
    (folder / "show.py").write_text(SECTIONS)

    def make(way: str = "good", **overrides: Any) -> Any:
        return make_client(
            plugins__dir=str(folder),
            plugins__only=["probe", "show"],
            plugins__show__way=way,
            **{"auth__protection_level": "NONE", **overrides},
        )

    yield make
    sys.modules.pop("show", None)
    if str(folder) in sys.path:
        sys.path.remove(str(folder))


@pytest.mark.parametrize(
    ("accept", "html"),
    [
        (FIREFOX, True),
        (CHROMIUM, True),
        ("text/html", True),
        ("TEXT/HTML; Charset=utf-8", True),
        ("text/*", True),
        ("application/json;q=0.9, text/html", True),
        ("text/html;q=0.2, */*;q=0.1", True),
        ("text/html, application/json;q=0", True),
        ("", False),
        ("*/*", False),
        ("application/json", False),
        ("application/json, text/plain, */*", False),
        ("text/html, application/json", False),
        ("text/html, */*", False),
        ("text/html;q=0.5, application/json", False),
        ("text/html;q=0.5, application/*;q=0.6", False),
        ("text/html;q=0, text/*", False),
        ("text/html;q=0", False),
        ("text/html;q=nan, */*;q=0.1", False),
        ("text/html;q=2, */*;q=0.1", False),
        ("image/png", False),
        (",;,=;q", False),
    ],
)
def test_html_for_those_who_prefer_it_to_json(make_client: MakeClient, accept: str, html: bool) -> None:
    answer = make_client().get("/", headers={"Accept": accept})
    assert answer.status_code == 200
    assert answer.headers["content-type"] == ("text/html; charset=utf-8" if html else "application/json")
    assert "Accept" in answer.headers["vary"].split(", ")
    assert "Authorization" in answer.headers["vary"].split(", ")


def test_without_an_accept_header_and_a_plugin_for_the_root_core_names_itself(
    make_client: MakeClient,
) -> None:
    client = make_client()
    del client.headers["accept"]
    assert client.get("/").json() == {"name": "Mestral"}
    assert "core.root" in client.get("/openapi.json").text


def test_other_paths_and_methods_do_not_negotiate(make_client: MakeClient) -> None:
    client = make_client()
    assert client.get("/health", headers=HTML).headers["content-type"] == "application/json"
    assert client.get("/nothing", headers=HTML).headers["content-type"] == "application/json"
    assert client.post("/", headers=HTML).status_code == 405
    head = client.head("/", headers=HTML)
    assert (head.headers["content-type"], head.content) == ("text/html; charset=utf-8", b"")
    assert client.get("/status").headers["content-type"] == "text/html; charset=utf-8"


def test_it_is_not_sent_twice_and_made_smaller(make_client: MakeClient) -> None:
    client = make_client()
    answer = client.get("/", headers=HTML)
    etag = answer.headers["etag"]
    again = client.get("/", headers={**HTML, "If-None-Match": etag})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", etag)
    assert client.get("/", headers={"If-None-Match": etag}).status_code == 200
    packed = client.get("/", headers={**HTML, "Accept-Encoding": "gzip"})
    assert (packed.headers["content-encoding"], packed.text) == ("gzip", answer.text)


def test_it_runs_and_loads_nothing(make_client: MakeClient) -> None:
    answer = make_client().get("/", headers=HTML)
    policy = dict(rule.split(" ", 1) for rule in answer.headers["content-security-policy"].split("; "))
    assert policy["default-src"] == policy["base-uri"] == policy["frame-ancestors"] == "'none'"
    assert policy["style-src"].startswith("'sha256-")
    assert "unsafe" not in answer.headers["content-security-policy"]
    for forbidden in ("<script", "http:", "https:", "style=", "@import", "url(", "http-equiv"):
        assert forbidden not in answer.text


def test_links_lead_below_the_root_path(show: Any) -> None:
    client = show(server__root_path="/api")
    for path in ("/", "/api", "/api/"):
        text = client.get(path, headers=HTML).text
        for link in ("docs", "redoc", "openapi.json", "health", "one"):
            assert f'href="/api/{link}"' in text
        assert 'href="/docs"' not in text


def test_pages_that_are_switched_off_are_not_linked(make_client: MakeClient) -> None:
    text = make_client(server__docs=False).get("/", headers=HTML).text
    assert "/redoc" not in text
    assert 'href="/openapi.json"' in text


@pytest.mark.parametrize(
    ("level", "headers", "sees", "section"),
    [
        ("NONE", {}, "states", "read"),
        ("NONE", TOKEN, "reasons", "read"),
        ("WRITEONLY", {}, "states", "read"),
        ("WRITEONLY", {}, "states", "public"),
        ("WRITEONLY", TOKEN, "reasons", "operate"),
        ("ALL", {}, "nothing", "public"),
        ("ALL", {"Authorization": "Bearer wrong"}, "nothing", "public"),
        ("ALL", TOKEN, "reasons", "identified"),
    ],
)
def test_who_sees_what(show: Any, level: str, headers: dict[str, str], sees: str, section: str) -> None:
    client = show(
        auth__protection_level=level,
        plugins__show__access=section,
        plugins__probe__break_startup=True,
        plugins__probe__complaint="postgresql://user:hush-hush@host/db is full",
    )
    text = client.get("/", headers={**HTML, **headers}).text
    assert "Degraded" in text
    assert "All is well." in text
    assert ("version 0." in text) == ("probe" in text) == (sees != "nothing")
    assert ("cannot start" in text) == ("://user:********@host/db is full" in text) == (sees == "reasons")
    assert ("Readers replaced" in text) == (sees == "reasons")
    assert ("valid token" in text) == (sees != "reasons")
    for secret in ("hush-hush", SECRET_KEY, SECRET_TOKEN):
        assert secret not in text


@pytest.mark.parametrize(
    ("level", "headers", "section"),
    [
        ("ALL", {}, "read"),
        ("ALL", {"Authorization": "Bearer wrong"}, "read"),
        ("NONE", {}, "identified"),
        ("WRITEONLY", {}, "operate"),
    ],
)
def test_sections_are_hidden_from_those_who_lack_access(
    show: Any, level: str, headers: dict[str, str], section: str
) -> None:
    client = show(auth__protection_level=level, plugins__show__access=section)
    text = client.get("/", headers={**HTML, **headers}).text
    assert "All is well." not in text
    assert "Show" not in text


def test_a_required_plugin_that_does_not_work_is_said(make_client: MakeClient) -> None:
    client = make_client(plugins__probe__break_startup=True, plugins__probe__required=True)
    answer = client.get("/", headers=HTML)
    assert answer.status_code == 200
    assert "Not ready" in answer.text


def test_a_reason_is_text(make_client: MakeClient) -> None:
    client = make_client(plugins__probe__complaint=EVIL, auth__protection_level="NONE")
    text = client.get("/", headers={**HTML, **TOKEN}).text
    assert EVIL not in text
    assert f"mood: failing: {ESCAPED}" in text


def test_everything_of_a_section_is_text(show: Any) -> None:
    text = show("evil").get("/", headers=HTML).text
    assert "<img" not in text
    assert text.count(ESCAPED) == 8  # heading and its two labels, text, column, link, cell, mark
    assert 'href="/x?a=1&amp;b=2"' in text
    assert "1,234" in text


@pytest.mark.parametrize("way", ["raise", "exit", "cancel", "nothing", "ragged", "cell", "elsewhere"])
def test_a_broken_section_costs_a_sentence(show: Any, way: str, caplog: pytest.LogCaptureFixture) -> None:
    answer = show(way).get("/", headers=HTML)
    assert answer.status_code == 200
    assert "This section could not be made; the log says why." in answer.text
    assert ">probe<" in answer.text
    assert "inner detail" not in answer.text
    assert "javascript:" not in answer.text
    assert "Status section 'Show' of plugin show" in caplog.text


def test_a_problem_of_a_section_is_told(show: Any) -> None:
    text = show("problem").get("/", headers=HTML).text
    assert ESCAPED in text
    assert EVIL not in text


def test_a_section_that_hangs_is_given_up(show: Any) -> None:
    answer = show("hang").get("/", headers=HTML)
    assert "No answer within 3 seconds." in answer.text
    assert ">probe<" in answer.text


def test_long_and_unprintable_text_does_not_spoil_the_page(show: Any) -> None:
    text = show("odd").get("/", headers=HTML).text
    assert "\ufffd[2J\ufffddetrevniyyy" in text
    assert "y…<" in text
    assert len(text) < 20_000
