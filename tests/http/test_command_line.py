"""The commands `mestral`, `mestral routes` and `mestral demo`, as processes of their own."""

import fcntl
import json
import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest
from tests.command import run_mestral
from tests.probe import install_probe, python_path

import mestral


def environment(tmp_path: Path) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "PYTHONPATH": python_path(tmp_path / "site"),
        "TMPDIR": str(tmp_path),
        "MESTRAL_STATE_DIR": str(tmp_path / "state"),
    }


def run(tmp_path: Path, *arguments: str, **more: str) -> "subprocess.CompletedProcess[str]":
    return run_mestral(tmp_path, *arguments, environ=environment(tmp_path) | more)


def test_version(tmp_path: Path) -> None:
    for option in ("-v", "--version"):
        done = run(tmp_path, option)
        assert (done.returncode, done.stdout) == (0, f"Mestral, version {mestral.__version__}\n")


def test_help_names_every_command(tmp_path: Path) -> None:
    done = run(tmp_path, "--help")
    assert done.returncode == 0
    for command in ("config", "demo", "migrate", "plugins", "routes", "serve"):
        assert re.search(rf"^  {command} +\w", done.stdout, re.M)
        assert run(tmp_path, command, "--help").returncode == 0


def test_unknown_command_exits_with_2(tmp_path: Path) -> None:
    done = run(tmp_path, "srve")
    assert done.returncode == 2
    assert "No such command 'srve'" in done.stderr


def imported(tmp_path: Path, *arguments: str) -> set[str]:
    """The modules that a command imports."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "mestral", *arguments],
        cwd=tmp_path,
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        check=True,
    )
    return set(re.findall(r"^import time:.*\| +(\S+)$", done.stderr, re.M))


@pytest.mark.parametrize("option", ["--version", "--help"])
def test_what_needs_no_command_imports_none_and_no_settings(tmp_path: Path, option: str) -> None:
    modules = imported(tmp_path, option)
    assert "mestral.cli" in modules
    assert not {"msgspec", "litestar", "mestral.settings", "mestral.logs", "mestral.plugins"} & modules


def test_listing_plugins_imports_nothing_that_serves(tmp_path: Path) -> None:
    modules = imported(tmp_path, "plugins", "list")
    assert "litestar" in modules
    libraries = {"uvicorn", "sqlalchemy", "psycopg", "huey", "jwt", "prometheus_client", "ruamel.yaml"}
    parts = {"mestral.app", "mestral.cli.serve", "mestral.http.openapi", "mestral.readers.readers"}
    assert not (libraries | parts) & modules


def test_routes_lists_core_and_plugins(tmp_path: Path) -> None:
    install_probe(tmp_path / "site")
    done = run(tmp_path, "routes", MESTRAL_PLUGINS__ONLY="probe")
    assert done.returncode == 0, done.stderr
    assert re.search(r"^GET +/health/live +public +core +core\.health_live$", done.stdout, re.M)
    assert re.search(r"^POST +/x/probe/things +operate +probe +probe\.make$", done.stdout, re.M)

    done = run(tmp_path, "routes", "--json", MESTRAL_PLUGINS__ONLY="probe")
    assert {
        "method": "GET",
        "path": "/x/probe/items/{name}",
        "access": "read",
        "plugin": "probe",
        "operation_id": "probe.item",
    } in json.loads(done.stdout)


@pytest.mark.parametrize(
    "command",
    [
        ("routes",),
        ("routes", "--json"),
        ("plugins", "list"),
        ("plugins", "show", "probe"),
        ("config", "check"),
        ("config", "show"),
    ],
)
def test_commands_that_only_look_write_nothing(tmp_path: Path, command: tuple[str, ...]) -> None:
    install_probe(tmp_path / "site")
    before = set(tmp_path.rglob("*"))
    done = run(tmp_path, *command, MESTRAL_PLUGINS__ONLY="probe", PYTHONDONTWRITEBYTECODE="1")
    assert done.returncode == 0, done.stderr
    assert "probe" in done.stdout or command == ("config", "check")
    assert set(tmp_path.rglob("*")) == before


def test_routes_says_what_is_wrong_with_the_settings(tmp_path: Path) -> None:
    done = run(tmp_path, "routes", MESTRAL_SERVER__PORT="many")
    assert done.returncode == 1
    assert "server.port" in done.stderr or "MESTRAL_SERVER__PORT" in done.stderr
    assert "Traceback" not in done.stderr


def test_demo_says_that_its_port_is_taken(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = str(other.getsockname()[1])
        done = run(tmp_path, "demo", "--port", port)
    assert done.returncode == 2
    assert f"cannot listen on 127.0.0.1:{port}" in done.stderr
    assert "Traceback" not in done.stderr
    assert not list(tmp_path.glob("mestral-demo-*"))


def test_demo_serves_sample_data_and_leaves_nothing_behind(tmp_path: Path) -> None:
    pytest.importorskip("mestral_experiments.demo")
    log = tmp_path / "log.txt"
    # Settings of a deployer, and of Autosubmit API, that a demo has to leave alone.
    environ = environment(tmp_path) | {
        "PROTECTION_LEVEL": "ALL",
        "AUTOSUBMIT_CONFIGURATION": "/nowhere",
        "PORT": "1",
    }
    (tmp_path / "mestral.toml").write_text("[plugins]\nonly = []\n")
    command = [sys.executable, "-m", "mestral", "demo", "--port", "0"]
    with log.open("w") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, env=environ, cwd=tmp_path)
    try:
        deadline = time.monotonic() + 60
        while "Ctrl-C ends it and removes the data" not in log.read_text():
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.02)
        pages = re.findall(r"^  (http://127\.0\.0\.1:\d+/\S*) ", log.read_text(), re.M)
        assert len(pages) > 1
        for page in pages:
            with urllib.request.urlopen(page, timeout=60) as answer:
                assert answer.status == 200
        assert list(tmp_path.glob("mestral-demo-*"))
        process.terminate()
        assert process.wait(60) == 0
    finally:
        process.kill()
        process.wait()
    assert not list(tmp_path.glob("mestral-demo-*"))
    assert not (tmp_path / "state").exists()


def test_demo_listens_where_the_platform_says(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = str(other.getsockname()[1])
        done = run(tmp_path, "demo", PORT=port)
    assert f"cannot listen on 127.0.0.1:{port}" in done.stderr


def test_next_demo_removes_what_a_killed_one_left(tmp_path: Path) -> None:
    left, young, used, foreign = (tmp_path / f"mestral-demo-{name}" for name in "abcd")
    for folder in (left, young, used):
        (folder / "data").mkdir(parents=True)
    (tmp_path / "elsewhere").mkdir()
    foreign.symlink_to("elsewhere")
    for folder in (left, used, tmp_path / "elsewhere"):
        os.utime(folder, (0, 0))
    descriptor = os.open(used, os.O_RDONLY)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    try:
        with socket.socket() as other:
            other.bind(("127.0.0.1", 0))
            other.listen()
            run(tmp_path, "demo", "--port", str(other.getsockname()[1]))
    finally:
        os.close(descriptor)
    assert sorted(tmp_path.glob("mestral-demo-*")) == [young, used, foreign]
    assert (tmp_path / "elsewhere").is_dir()
