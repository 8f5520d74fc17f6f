"""Run-time hooks and the demo hook: called plugin by plugin, and what one does wrong concerns nobody else."""

import asyncio
import json
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.plugins.conftest import Site
from tests.plugins.test_broken_plugins import hooks

import mestral.http  # noqa: F401 - Litestar is imported once, so that no step of a plugin pays for it
from mestral import Demo
from mestral.plugins import Plugins, State, load_plugins
from mestral.settings import load_settings

Load = Callable[..., Plugins]


@pytest.fixture
def load(site: Site, monkeypatch: pytest.MonkeyPatch) -> Load:
    """Load these plugins in this process: name -> methods."""

    def with_plugins(**methods: str) -> Plugins:
        for name, body in methods.items():
            site.add(name, "LOG = []\n\n" + hooks(name, body))
        monkeypatch.syspath_prepend(str(site.packages))
        config = site.folder / "mestral.toml"
        config.write_text(f"[plugins]\nonly = {list(methods)!r}\nstep_seconds = 3\n")
        environ = {"MESTRAL_STATE_DIR": str(site.folder / "state"), "HOME": str(site.folder)}
        return load_plugins(load_settings(config=config, environ=environ))

    return with_plugins


def writes(text: str, hook: str = "mestral_startup") -> str:
    """A run-time hook that appends to a file in the state folder."""
    return (
        f"@hookimpl\nasync def {hook}(self, context):\n"
        f"    with open(context.state_dir / 'log', 'a') as log: log.write({text!r} + ' ')\n"
    )


def log(site: Site) -> list[str]:
    return (site.folder / "state" / "log").read_text().split()


async def run(plugins: Plugins) -> None:
    await plugins.startup()
    await plugins.shutdown()


def test_plugins_start_in_order_and_stop_in_reverse(load: Load, site: Site) -> None:
    plugins = load(
        run_b=writes("b+") + writes("b-", "mestral_shutdown"),
        run_a=writes("a+") + writes("a-", "mestral_shutdown"),
    )
    asyncio.run(run(plugins))
    assert log(site) == ["b+", "a+", "a-", "b-"]
    assert [record.state for record in plugins.active] == [State.ACTIVE, State.ACTIVE]


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("raise ValueError('not today')", "raised ValueError: not today"),
        ("raise SystemExit(4)", "called sys.exit(4)"),
        ("import asyncio; raise asyncio.CancelledError", "cancelled by itself"),
        ("import asyncio; await asyncio.sleep(600)", "still running after 3 s"),
    ],
    ids=["raises", "exits", "cancels", "hangs"],
)
def test_a_start_that_fails_degrades_that_plugin_alone(
    load: Load, site: Site, body: str, says: str, request: pytest.FixtureRequest
) -> None:
    name = f"start_{request.node.callspec.id}"
    bad = f"@hookimpl\nasync def mestral_startup(self):\n    {body}\n" + writes("stopped", "mestral_shutdown")
    plugins = load(**{name: bad, f"{name}_whole": writes("started")})
    asyncio.run(run(plugins))
    broken, whole = plugins.get(name), plugins.get(f"{name}_whole")
    assert broken is not None
    assert whole is not None
    assert (broken.state, whole.state) == (State.DEGRADED, State.ACTIVE)
    assert says in broken.reason
    assert "mestral_startup" in broken.reason
    assert log(site) == ["started", "stopped"]


def test_a_stop_that_fails_does_not_keep_others_from_stopping(load: Load, site: Site) -> None:
    bad = "@hookimpl\nasync def mestral_shutdown(self):\n    raise SystemExit\n"
    plugins = load(stop_whole=writes("stopped", "mestral_shutdown"), stop_bad=bad)
    asyncio.run(run(plugins))
    assert log(site) == ["stopped"]


def test_stopping_the_server_stops_a_start_that_takes_long(load: Load) -> None:
    plugins = load(
        slow="@hookimpl\nasync def mestral_startup(self):\n    import asyncio; await asyncio.sleep(600)\n"
    )

    async def stop_soon() -> None:
        task = asyncio.create_task(plugins.startup())
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        task.cancel()
        await task

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(stop_soon())
    assert [record.state for record in plugins.active] == [State.ACTIVE]


def test_garbage_of_plugins_is_collected_while_they_serve(site: Site) -> None:
    litter = (
        "def litter():\n"
        "    import weakref\n"
        "    from mestral.http import get\n\n"
        "    class Loop:\n"
        "        def __init__(self): self.self = self\n\n"
        "    @get('/litter', access=Access.PUBLIC, operation_id='litter.litter')\n"
        "    async def handler() -> dict[str, int]:\n"
        "        refs = [weakref.ref(Loop()) for _ in range(10_000)]\n"
        "        return {'left': sum(ref() is not None for ref in refs)}\n\n"
        "    return handler\n\n"
    )
    routes = "@hookimpl\ndef mestral_routes(self): return [Routes(handlers=(litter(),))]"
    site.add("litter", litter + hooks("litter", routes))
    with (
        site.serving('[plugins]\nonly = ["litter"]\n') as address,
        urllib.request.urlopen(f"{address}/x/litter/litter", timeout=30) as answer,
    ):
        assert json.load(answer)["left"] < 10_000


def test_every_plugin_prepares_its_demo_in_a_folder_of_its_own(load: Load, tmp_path: Path) -> None:
    demo = (
        "@hookimpl\ndef mestral_demo(self, directory):\n"
        "    from mestral import Demo\n"
        "    (directory / 'data').write_text('x')\n"
        "    return Demo(settings={'plugins.demo_one.file': str(directory / 'data')})\n"
    )
    plugins = load(
        demo_one=demo,
        demo_none=writes("nothing"),
        demo_bad="@hookimpl\ndef mestral_demo(self, context, directory):\n    raise OSError('disk full')\n",
    )
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    demos = plugins.demo(scratch)
    assert set(demos) == {"demo_one", "demo_bad"}
    assert demos["demo_one"] == Demo(settings={"plugins.demo_one.file": str(scratch / "demo_one" / "data")})
    assert "OSError: disk full" in str(demos["demo_bad"])
    assert {record.state for record in plugins.active} == {State.ACTIVE}
    assert len(plugins.active) == 3
