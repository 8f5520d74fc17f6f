"""Local plugins, from `plugins.dir` and `plugins.objects`: they go the way of every other plugin."""

import json
import urllib.request

import pytest
from tests.plugins.conftest import Site
from tests.plugins.test_broken_plugins import hooks, routes
from tests.plugins.test_choice import TICKER

DIR = '[plugins]\ndir = "local"\n'
OBJECT = '[plugins.objects]\nticker = "mine.deep:ticker"\n'


def test_each_file_and_package_of_the_folder_is_a_plugin(site: Site) -> None:
    site.write("local/ticker.py", TICKER)
    site.write("local/clock/__init__.py", routes("clock", 'route("/now", "clock.now")'))
    site.write("local/_shared.py", "raise SystemExit\n")
    site.write("local/data/readme.py", "raise SystemExit\n")
    (site.folder / "local" / "notes.txt").touch()
    found = site.plugins(DIR)
    assert {name: (found[name]["state"], found[name]["distribution"]) for name in ("ticker", "clock")} == {
        "ticker": ("active", "plugins.dir (ticker.py)"),
        "clock": ("active", "plugins.dir (clock)"),
    }
    assert set(found) == {"ticker", "clock", "experiments", "auth_cas", "auth_github", "auth_oidc"}


def test_without_the_setting_no_folder_is_looked_at(site: Site) -> None:
    site.write("plugins/ticker.py", "raise SystemExit\n")
    site.write("local/ticker.py", "raise SystemExit\n")
    assert "ticker" not in site.plugins()


def test_object_of_the_settings_is_a_plugin(site: Site) -> None:
    site.write("packages/mine/__init__.py", "")
    site.write("packages/mine/deep.py", TICKER.replace("plugin = P()", "ticker = P()"))
    record = site.plugins(OBJECT)["ticker"]
    assert (record["state"], record["distribution"]) == ("active", "plugins.objects")
    by_variable = {"MESTRAL_PLUGINS__OBJECTS": '{ticker = "mine.deep:ticker"}'}
    assert site.plugins(environ=by_variable)["ticker"]["state"] == "active"


@pytest.mark.parametrize("choice", ['disabled = ["ticker"]', 'only = ["experiments"]'])
def test_choice_applies_to_local_plugins(site: Site, choice: str) -> None:
    site.write("local/ticker.py", "raise SystemExit('not wanted, so not imported')\n")
    assert site.plugins(f"{DIR}{choice}\n")["ticker"]["state"] == "disabled"


def test_order_and_own_settings_work_for_local_plugins(site: Site) -> None:
    source = "import msgspec\n\nclass S(msgspec.Struct):\n    size: int = 1\n\n"
    site.write("local/zebra.py", source + hooks("zebra", "@hookimpl\ndef mestral_routes(self): return []"))
    site.write("local/apple.py", hooks("apple", "@hookimpl\ndef mestral_routes(self): return []"))
    found = site.plugins(f'{DIR}enabled = ["zebra"]\n')
    assert list(found)[:2] == ["zebra", "apple"]
    site.write(
        "local/zebra.py",
        source + hooks("zebra", "@hookimpl\ndef mestral_routes(self): return []", "settings=S"),
    )
    assert site.plugins(f"{DIR}[plugins.zebra]\nsize = 2\n")["zebra"]["state"] == "active"
    record = site.plugins(f'{DIR}[plugins.zebra]\nsize = "x"\n')["zebra"]
    assert record["state"] == "misconfigured"
    assert "[plugins.zebra] size: must be a whole number" in record["reason"]


@pytest.mark.parametrize(
    ("file", "source", "state", "says"),
    [
        ("ticker", "raise ValueError('no luck')\n", "failed", "ValueError: no luck (local/ticker.py"),
        ("ticker", "other = 1\n", "failed", "has no attribute 'plugin'"),
        ("ticker", hooks("clock", "pass"), "failed", "plugins.dir (ticker.py) offers it as 'ticker'"),
        ("Ticker", TICKER, "failed", "lower-case letters"),
        ("dir", TICKER, "failed", "'dir' is a setting of [plugins]"),
        ("json", TICKER, "conflicted", "Python has another module named 'json'"),
        ("yaml", TICKER, "conflicted", "Python has another module named 'yaml'"),
    ],
)
def test_broken_local_plugin_says_so(site: Site, file: str, source: str, state: str, says: str) -> None:
    site.write(f"local/{file}.py", source)
    found = site.plugins(DIR)
    assert found[file]["state"] == state
    assert says in found[file]["reason"]
    assert found["experiments"]["state"] == "active"


def test_two_local_plugins_of_one_name_are_both_refused(site: Site) -> None:
    site.write("local/ticker.py", "raise SystemExit\n")
    site.write("local/ticker/__init__.py", "raise SystemExit\n")
    record = site.plugins(DIR)["ticker"]
    assert record["state"] == "conflicted"
    assert "plugins.dir (ticker) and plugins.dir (ticker.py) both offer" in record["reason"]


def test_objects_say_which_of_several_is_meant(site: Site) -> None:
    site.add("ticker", "raise SystemExit('this is not the one')\n")
    site.write("local/ticker.py", TICKER)
    assert site.plugins(DIR)["ticker"]["state"] == "conflicted"
    site.write("packages/meant.py", TICKER)
    found = site.plugins(f'{DIR}objects = {{ticker = "meant:plugin"}}\n')
    assert found["ticker"]["state"] == "active"


def test_nobody_can_take_the_name_of_a_plugin_of_mestral(site: Site) -> None:
    site.write("local/experiments.py", "raise SystemExit\n")
    found = site.plugins(f'{DIR}objects = {{auth_cas = "mine:plugin"}}\n')
    assert found["experiments"]["distribution"].startswith("mestral ")
    assert found["auth_cas"]["distribution"].startswith("mestral ")
    told = site.run("config", "check", toml=DIR).stdout
    assert "plugins.dir (experiments.py) offers a plugin named 'experiments'" in told


def test_server_warns_of_what_has_no_effect(site: Site) -> None:
    site.write("local/experiments.py", "raise SystemExit\n")
    with site.serving(f"{DIR}[plugins.tickr]\nsize = 1\n"):
        log = (site.folder / "log.txt").read_text()
    assert "WARNING" in log
    assert "plugins.dir (experiments.py) offers a plugin named 'experiments'" in log
    assert "This table has no effect. No installed distribution offers a plugin named 'tickr'" in log


def test_local_plugin_is_served_and_its_service_found_by_a_reader(site: Site) -> None:
    site.write("local/stand_in.py", STAND_IN)
    with (
        site.serving(f'{DIR}[plugins.experiments]\nsource = "stand_in"\n') as address,
        urllib.request.urlopen(f"{address}/x/stand_in/where", timeout=60) as answer,
    ):
        assert json.load(answer) == {"made_by": "Source", "in_front": False}


STAND_IN = """
import os


class Source:
    def __init__(self, settings, state_dir):
        self.pid = os.getpid()


def where(reader, front):
    from mestral.readers import Answer
    import msgspec

    source = reader.service("experiments.source")
    made = {"made_by": type(source).__name__, "in_front": os.getpid() == front}
    return Answer(body=msgspec.json.encode(made))


def handlers():
    from litestar import Request, Response
    from mestral import platform_of
    from mestral.http import get
    from mestral.readers import Fingerprint, Plan

    @get("/where", access=Access.PUBLIC, operation_id="stand_in.where")
    async def where_(request: Request) -> Response[bytes]:
        plan = Plan(render="stand_in:where", args=(os.getpid(),), fingerprint=Fingerprint(), affinity="a")
        return await platform_of(request).readers.respond(request, lambda: plan)

    return (where_,)


class P:
    manifest = manifest("stand_in")

    @hookimpl
    def mestral_routes(self):
        return [Routes(handlers=handlers())]

    @hookimpl
    def mestral_services(self):
        return [Service(slot="experiments.source", name="stand_in", factory="stand_in:Source")]


plugin = P()
"""
