"""A third party's plugin with tables: installed, upgraded, uninstalled; on SQLite and PostgreSQL."""

import json
from typing import Any
from urllib.request import Request, urlopen

import pytest
from tests.plugins.conftest import Site

PLUGIN = """
from pathlib import Path

from mestral import Migrations

class Ledger:
    manifest = manifest("ledger")

    @hookimpl
    def mestral_migrations(self, context):
        return Migrations(folder=Path(__file__).with_name("ledger_tables"))

    @hookimpl
    def mestral_routes(self, context):
        return [Routes(handlers=(route("/one", "ledger.one"),))]

plugin = Ledger()
"""

REVISION = """
import sqlalchemy as sa
from alembic import op

revision = "{number}"
down_revision = {down}

def upgrade():
    {work}
"""

FIRST = 'op.create_table("ledger_entry", sa.Column("id", sa.Integer, primary_key=True))'
SECOND = 'op.add_column("ledger_entry", sa.Column("amount", sa.Integer))'


TOKEN = "a-static-token-for-all"


def get(url: str, headers: dict[str, str] | None = None) -> Any:
    with urlopen(Request(url, headers=headers or {}), timeout=60) as answer:
        return json.load(answer)


def add_revision(site: Site, number: str, down: str | None, work: str) -> None:
    folder = site.packages / "ledger_tables"
    folder.mkdir(exist_ok=True)
    (folder / f"{number}_change.py").write_text(REVISION.format(number=number, down=repr(down), work=work))


def status(site: Site, toml: str) -> tuple[int, dict[str, tuple[Any, ...]]]:
    """The exit code, and what is said of each owner."""
    done = site.run("db", "status", "--json", toml=toml)
    tables = json.loads(done.stdout)["tables"]
    return done.returncode, {t["owner"]: (t["current"], t["head"], t["state"]) for t in tables}


def test_installed_upgraded_uninstalled(site: Site, database_toml: str) -> None:
    site.add("ledger", PLUGIN)
    add_revision(site, "0001", None, FIRST)
    toml = f'[plugins]\nonly = ["ledger"]\n{database_toml}'
    pending = "pending"
    assert status(site, toml) == (1, {"core": (None, "0001", pending), "ledger": (None, "0001", pending)})

    alone = site.run("db", "upgrade", "--plugin", "ledger", toml=toml)
    assert alone.stdout == "ledger: upgraded from none to 0001\n", alone.stderr
    assert status(site, toml)[1] == {
        "core": (None, "0001", pending),
        "ledger": ("0001", "0001", "up to date"),
    }
    assert "core: upgraded from none to 0001" in site.run("db", "upgrade", toml=toml).stdout

    add_revision(site, "0002", "0001", SECOND)
    assert status(site, toml)[1]["ledger"] == ("0001", "0002", pending)
    again = site.run("db", "upgrade", toml=toml)
    assert again.stdout == "core: up to date at 0001\nledger: upgraded from 0001 to 0002\n", again.stderr

    without = f'[plugins]\nonly = ["experiments"]\n{database_toml}'
    assert status(site, without) == (
        0,
        {"core": ("0001", "0001", "up to date"), "ledger": ("0002", None, "unknown")},
    )
    assert site.run("db", "upgrade", toml=without).stdout == "core: up to date at 0001\n"

    (site.packages / "ledger_tables" / "0002_change.py").unlink()  # an older version again
    code, found = status(site, toml)
    assert (code, found["ledger"]) == (1, ("0002", "0001", "newer"))
    refused = site.run("db", "upgrade", toml=toml)
    assert refused.returncode == 1
    assert "core: up to date" in refused.stdout
    assert "install the newer one again" in refused.stderr


@pytest.mark.parametrize(
    ("work", "says"),
    [
        (f"{FIRST}; raise RuntimeError('half-way')", "half-way"),
        (f"{FIRST}; op.execute('SELECT no_such_function()')", "no_such_function"),
    ],
)
def test_revision_that_fails_changes_nothing(site: Site, database_toml: str, work: str, says: str) -> None:
    site.add("ledger", PLUGIN)
    add_revision(site, "0001", None, work)
    toml = f'[plugins]\nonly = ["ledger"]\n{database_toml}'
    failed = site.run("db", "upgrade", toml=toml)
    assert failed.returncode == 1
    assert "core: upgraded" in failed.stdout
    assert says in failed.stderr
    add_revision(site, "0001", None, FIRST)  # would fail if the table were there
    assert "ledger: upgraded from none to 0001" in site.run("db", "upgrade", toml=toml).stdout


def test_plugin_without_its_tables_is_degraded_and_all_others_serve(site: Site, database_toml: str) -> None:
    """On SQLite its revision fails at the start; on PostgreSQL nobody ran `mestral db upgrade`."""
    site.add("ledger", PLUGIN)
    add_revision(site, "0001", None, f"{FIRST}; raise RuntimeError('half-way')")
    toml = f'[plugins]\nonly = ["ledger", "experiments"]\n{database_toml}'
    if database_toml:
        site.run("db", "upgrade", toml=toml)
    with site.serving(f'{toml}[auth]\nprotection_level = "NONE"\nsecret_token = "{TOKEN}"\n') as url:
        ready = get(url + "/health/ready", {"Authorization": f"Bearer {TOKEN}"})
        assert ready["status"] == "degraded"
        assert ready["plugins"]["ledger"].startswith("degraded: The tables of ledger")
        assert get(url + "/x/ledger/one") == {"served": "ledger.one"}
        assert get(url + "/v4/experiments")["experiments"]


def test_names_and_plugins_that_have_no_tables(site: Site) -> None:
    toml = '[plugins]\nonly = ["experiments"]\n'
    assert (
        "experiments has no tables" in site.run("db", "upgrade", "--plugin", "experiments", toml=toml).stderr
    )
    unknown = site.run("db", "upgrade", "--plugin", "experimens", toml=toml)
    assert (unknown.returncode, "Did you mean" in unknown.stderr) == (2, True)


def test_nobody_may_be_called_core(site: Site) -> None:
    site.add("core", PLUGIN.replace('"ledger"', '"core"'))
    shown = site.run("plugins", "list", toml='[plugins]\nenabled = ["core"]\n')
    assert "Mestral itself is `core`" in shown.stdout


def test_two_upgrades_at_once(site: Site, database_toml: str) -> None:
    site.add("ledger", PLUGIN)
    add_revision(site, "0001", None, f"import time; time.sleep(1); {FIRST}")
    toml = f'[plugins]\nonly = ["ledger"]\n{database_toml}'
    both = [site.start("db", "upgrade", toml=toml) for _ in range(2)]
    outputs = [process.communicate(timeout=120) for process in both]
    assert [process.returncode for process in both] == [0, 0], outputs
    assert status(site, toml)[0] == 0
