"""The Containerfile, step by step: what it copies can be built, and what it starts is healthy.

A container engine and a base image are not needed here; what they add (layers, mounts) is theirs.
"""

import ast
import re
import shutil
import subprocess
import sys
from pathlib import Path

from tests.deployment.conftest import DEPLOY, ROOT, Site, free_port
from tests.probe import Server

TEXT = re.sub(r" *\\\n *", " ", (DEPLOY / "Containerfile").read_text())


def instruction(name: str) -> str:
    """The only, or the last, instruction of that name."""
    return str(re.findall(rf"^{name} (.+)$", TEXT, re.MULTILINE)[-1])


def test_what_it_copies_is_enough_to_build(tmp_path: Path) -> None:
    copied = [line.split() for line in re.findall(r"^COPY ([^-].+)$", TEXT, re.MULTILINE)]
    for *sources, target in copied:
        for source in sources:
            place = tmp_path / "source" / target / (source if target == "./" else "")
            if (ROOT / source).is_dir():
                shutil.copytree(ROOT / source, place, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                place.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(ROOT / source, place)
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(tmp_path)]
    subprocess.run([*build, str(tmp_path / "source")], check=True, capture_output=True)
    (wheel,) = tmp_path.glob("mestral-*.whl")
    names = subprocess.run(
        [sys.executable, "-m", "zipfile", "-l", str(wheel)], check=True, capture_output=True, text=True
    ).stdout
    for package in ("mestral/", "mestral_experiments/demo/experiments.tar.gz", "mestral_auth_cas/"):
        assert package in names


def test_what_it_starts_is_healthy_until_it_ends(site: Site) -> None:
    pairs = dict(pair.split("=", 1) for pair in instruction("ENV").split())
    environ = site.environ("container") | {
        key: value for key, value in pairs.items() if key.startswith(("MESTRAL_", "PYTHON"))
    }
    port = free_port()
    environ |= {"MESTRAL_STATE_DIR": str(site.folder / "container"), "MESTRAL_SERVER__PORT": str(port)}
    entry = ast.literal_eval(instruction("ENTRYPOINT")) + ast.literal_eval(instruction("CMD"))
    assert entry == ["mestral", "serve"]
    check = ast.literal_eval(instruction("HEALTHCHECK").partition(" CMD ")[2])
    assert check[0] == "python3"
    health = [sys.executable, *check[1:]]
    log = site.folder / "container.log"
    assert subprocess.run(health, env=environ, capture_output=True).returncode == 1
    with log.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", *entry],
            env=environ,
            cwd=site.folder,
            stdout=output,
            stderr=output,
            text=True,
        )
    try:
        Server(process, log, site.folder).wait_for(r"running on http://0\.0\.0\.0")
        assert subprocess.run(health, env=environ).returncode == 0
    finally:
        process.terminate()
        assert process.wait(60) == 0


def test_it_does_not_run_as_root() -> None:
    assert int(instruction("USER")) > 0
    assert instruction("VOLUME") == instruction("WORKDIR") == "/state"
