"""The units of `deploy/systemd`: systemd finds nothing wrong, and what they start works as they start it."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.deployment.conftest import DEPLOY, Site, free_port

UNITS = DEPLOY / "systemd"

_HARDENED = {
    "ProtectSystem": "strict",
    "ProtectHome": "read-only",
    "NoNewPrivileges": "yes",
    "CapabilityBoundingSet": "",
    "StateDirectoryMode": "0700",
    "RestartPreventExitStatus": "2",
    "KillMode": "mixed",
}


def service(name: str) -> list[tuple[str, str]]:
    """Keys and values of the [Service] section, in order."""
    section = (UNITS / name).read_text().partition("[Service]\n")[2].partition("\n[Install]")[0]
    lines = [line for line in section.splitlines() if line and not line.startswith("#")]
    return [(key, value) for key, _, value in (line.partition("=") for line in lines)]


def test_the_template_is_the_single_service_with_an_instance() -> None:
    single = {f"{key}={value}" for key, value in service("mestral.service")}
    template = {f"{key}={value}" for key, value in service("mestral@.service")}
    plain = {re.sub(r"( --port |/)%i", "", line) for line in template}
    assert plain - single == {"Environment=MESTRAL_SERVER__SEVERAL_FRONTS=true"}
    assert single <= plain


def test_hardening_and_the_way_it_ends() -> None:
    assert _HARDENED.items() <= dict(service("mestral.service")).items()


def test_systemd_finds_nothing_wrong(tmp_path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not installed (apt install systemd)")
    for unit in UNITS.glob("mestral*.s*"):
        text = unit.read_text().replace("/opt/mestral/bin/mestral", shutil.which("true") or "/bin/true")
        (tmp_path / unit.name).write_text(text)
    names = ["./mestral.service", "./mestral@8001.service", "./mestral.socket"]
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *names], cwd=tmp_path, capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_command_runs_where_all_but_its_folder_is_read_only(site: Site) -> None:
    """What ProtectSystem=strict and UMask= do, done by hand: systemd does not run everywhere."""
    unit = dict(service("mestral.service"))
    state, port = site.folder / "unit-state", free_port()
    state.mkdir(mode=0o700)
    program, *arguments = unit["ExecStart"].split()
    assert program == "/opt/mestral/bin/mestral"
    command = [sys.executable, "-m", "mestral", *arguments]
    if can_mount():
        mounts = f"mount --bind {state} {state} && mount -o remount,ro,bind /"
        command = ["unshare", "--mount", "sh", "-c", f'{mounts} && exec "$@"', "sh", *command]
    environ = site.environ("unit") | {"MESTRAL_STATE_DIR": str(state), "MESTRAL_SERVER__PORT": str(port)}
    before = snapshot(site.rc_file.parent)
    log = site.folder / "unit.log"
    with log.open("w") as output:
        process = subprocess.Popen(
            command, env=environ, cwd=state, stdout=output, stderr=output, umask=int(unit["UMask"], 8)
        )
    try:
        deadline = time.monotonic() + 60
        while "running on http" not in log.read_text():
            assert process.poll() is None and time.monotonic() < deadline, log.read_text()
            time.sleep(0.02)
        with socket.create_connection(("127.0.0.1", port), 60) as connection:
            connection.sendall(b"GET /health/live HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            assert b"200 OK" in connection.recv(1000)
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
    finally:
        process.kill()
        process.wait()
    assert snapshot(site.rc_file.parent) == before


def can_mount() -> bool:
    """Whether this account may make a file system read-only for one process."""
    trial = ["unshare", "--mount", "mount", "-o", "remount,ro,bind", "/"]
    return shutil.which("unshare") is not None and subprocess.run(trial, capture_output=True).returncode == 0


def snapshot(folder: Path) -> dict[str, tuple[int, int]]:
    return {
        str(path): (path.stat().st_mtime_ns, path.stat().st_size)
        for path in sorted(folder.rglob("*"))
        if os.path.lexists(path)
    }
