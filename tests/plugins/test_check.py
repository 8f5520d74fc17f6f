"""`mestral plugins check`: everything loaded as the server would, with nothing written."""

import json
from pathlib import Path

import pytest
from tests.plugins.conftest import Site
from tests.plugins.test_broken_plugins import hooks, routes
from tests.plugins.test_choice import TICKER

TICKING = '[plugins]\nenabled = ["ticker"]\n'
BROKEN = "raise ValueError('no luck')\n"
BAD_SERVICE = hooks(
    "ticker",
    "@hookimpl\ndef mestral_services(self):\n"
    "    return [Service(slot='experiments.source', name='bad', factory='ticker:make')]",
) + ("\ndef make(settings, state_dir):\n    raise OSError('no disk')\n")


def test_all_is_well(site: Site) -> None:
    site.add("ticker", TICKER)
    done = site.run("plugins", "check", toml=TICKING)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.startswith("ticker is active\nexperiments is active\n")
    assert "not judged: auth_cas (available)" in done.stdout
    assert done.stdout.endswith("All is well.\n")


@pytest.mark.parametrize(
    ("source", "toml", "says"),
    [
        (BROKEN, TICKING, ["ticker is failed", "ValueError: no luck"]),
        (
            routes("ticker", 'route("/v4/experiments", "t.a")', prefix='"/"'),
            f'{TICKING}[plugins.ticker]\npaths = ["/v4"]\n',
            ["ticker is conflicted", "GET /v4/experiments (ticker"],
        ),
        (TICKER, '[plugins]\nenabled = ["tickr"]\n', ["tickr is unavailable", "Did you mean ticker?"]),
        (
            BAD_SERVICE,
            f'{TICKING}[plugins.experiments]\nsource = "bad"\n',
            ["ticker is degraded", "could not be made", "no disk"],
        ),
        (TICKER, f"{TICKING}[server]\nport = 70000\n", ["[server] port: must be a whole number"]),
        (TICKER, f"{TICKING}[plugins.experiments]\nbusy = 1\n", ["experiments is misconfigured", "busy_sec"]),
        (
            BROKEN,
            f"{TICKING}[plugins.ticker]\nrequired = true\n",
            ["Mestral does not start, because of required = true"],
        ),
        (BROKEN, f'{TICKING}on_error = "fail"\n', ['does not start, because of plugins.on_error = "fail"']),
    ],
    ids=["broken", "conflict", "absent", "service", "core", "setting", "required", "on_error"],
)
def test_what_is_wrong_is_said_and_fails(site: Site, source: str, toml: str, says: list[str]) -> None:
    site.add("ticker", source)
    done = site.run("plugins", "check", toml=toml)
    assert done.returncode == 1, done.stdout + done.stderr
    text = " ".join(done.stdout.split())
    for part in says:
        assert part in text
    assert done.stdout.endswith("Something is wrong.\n")


def test_service_is_made_as_the_server_would(site: Site) -> None:
    settings = "import msgspec\n\nclass S(msgspec.Struct):\n    store: str = 'bad'\n\n"
    source = BAD_SERVICE.replace("experiments.source", "ticker.store")
    site.add("ticker", settings + source.replace('"ticker", ', '"ticker", settings=S'))
    done = site.run("plugins", "check", toml='[plugins]\nonly = ["ticker"]\n')
    assert done.returncode == 1
    assert "ticker is degraded" in done.stdout


def test_what_a_setting_names_is_looked_at(site: Site) -> None:
    done = site.run("plugins", "check", toml='[plugins.experiments]\nrc_file = "nowhere"\n')
    assert done.returncode == 1
    assert "[plugins.experiments] rc_file" in done.stdout


def test_one_plugin_is_judged_alone_and_before_it_is_enabled(site: Site) -> None:
    site.add("ticker", TICKER)
    site.add("broken", BROKEN)
    assert site.run("plugins", "check", "broken").returncode == 1
    for toml in ("", '[plugins]\nenabled = ["broken"]\n', '[plugins]\ndisabled = ["ticker"]\nonly = []\n'):
        done = site.run("plugins", "check", "ticker", toml=toml)
        assert (done.returncode, done.stdout.splitlines()[0]) == (0, "ticker is active"), done.stdout


def test_unknown_name_is_a_usage_error(site: Site) -> None:
    done = site.run("plugins", "check", "experimnts")
    assert done.returncode == 2
    assert "Did you mean experiments?" in done.stderr


def test_json(site: Site) -> None:
    site.add("ticker", 'print("not in the JSON")\n' + BROKEN)
    toml = f'{TICKING}on_error = "fail"\n[server]\nport = 70000\n'
    report = json.loads(site.run("plugins", "check", "--json", toml=toml).stdout)
    assert (report["good"], report["starts"]) == (False, False)
    assert [(one["name"], one["state"]) for one in report["plugins"]] == [
        ("ticker", "failed"),
        ("experiments", "active"),
    ]
    assert [(one["level"], one["key"]) for one in report["settings"]] == [("error", "server.port")]


def test_nothing_is_written_and_nothing_started(site: Site) -> None:
    started = "@hookimpl\nasync def mestral_startup(self, context): open('started', 'w').close()\n"
    site.write("local/ticker.py", hooks("ticker", started))
    toml = '[plugins]\ndir = "local"\n'
    (site.folder / "mestral.toml").write_text(toml)
    before = _everything(site.folder)
    done = site.run("plugins", "check", toml=toml)
    assert done.returncode == 0, done.stdout + done.stderr
    assert _everything(site.folder) == before


def _everything(folder: Path) -> dict[Path, int]:
    return {path: path.stat().st_size for path in folder.rglob("*")}


def test_slow_step_is_reported_while_it_runs_and_in_the_check(site: Site) -> None:
    site.add("ticker", "import time\ntime.sleep(0.3)\n" + TICKER)
    toml = f"{TICKING}slow_seconds = 0.2\n"
    done = site.run("plugins", "check", "ticker", toml=toml)
    assert done.returncode == 0
    assert "ticker is slow: step 'load' took 0.3 s" in done.stdout
    assert "plugin ticker: step 'load' is still running after 0.2 s" in done.stderr


def test_service_that_hangs_is_given_up(site: Site) -> None:
    site.add("ticker", BAD_SERVICE.replace("raise OSError('no disk')", "import time; time.sleep(600)"))
    toml = f'{TICKING}step_seconds = 2\n[plugins.experiments]\nsource = "bad"\n'
    done = site.run("plugins", "check", "ticker", toml=toml)
    assert done.returncode == 1
    assert "was still running after 2 s and was abandoned" in " ".join(done.stdout.split())
