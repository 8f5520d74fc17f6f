"""Every way in which a plugin can be broken: its state and sentence say so, and all others are served.

All broken plugins are installed together, with whole ones before and behind them, in one run of Mestral.
"""

from typing import Any, NamedTuple

import pytest
from tests.plugins.conftest import Site


class Case(NamedTuple):
    """A broken plugin: its module, and what must come of it."""

    source: str
    state: str
    says: tuple[str, ...]


def hooks(name: str, body: str, manifest: str = "") -> str:
    """Source of a plugin with these methods."""
    lines = "".join(f"    {line}\n" for line in body.strip("\n").split("\n"))
    return f'class P:\n    manifest = manifest("{name}", {manifest})\n{lines}\nplugin = P()\n'


def routes(name: str, expression: str, prefix: str = "None") -> str:
    """Source of a plugin that contributes these handlers."""
    return hooks(
        name,
        "@hookimpl\ndef mestral_routes(self, context):\n"
        f"    return [Routes(handlers=({expression},), prefix={prefix})]",
    )


WHOLE = {
    "aaa_whole": 'print("what a plugin prints is not in the way")\n\n'
    + routes("aaa_whole", 'route("/one", "aaa_whole.one")'),
    "zzz_whole": routes("zzz_whole", 'route("/one", "zzz_whole.one")'),
}
GET = "from litestar import get\n\n"

CASES = {
    "raises_at_import": Case('raise ValueError("no luck today")\n', "failed", ("ValueError: no luck today",)),
    "exits_at_import": Case("import sys\nsys.exit(3)\n", "failed", ("called sys.exit(3)",)),
    "misses_module": Case("import no_such_module\n", "unavailable", ("'no_such_module'", "not installed")),
    "misses_own_module": Case("import misses_own_module.sub\n", "failed", ("ModuleNotFoundError",)),
    "misses_extra": Case(
        hooks("misses_extra", "pass", 'modules=("no_such.thing",), extra="fast"'),
        "unavailable",
        ("no_such.thing", "pip install 'misses_extra[fast]'"),
    ),
    "has_no_plugin": Case("other = 1\n", "failed", ("AttributeError", "plugin")),
    "has_no_manifest": Case("plugin = object()\n", "failed", ("manifest",)),
    "is_a_class": Case('class plugin:\n    manifest = manifest("is_a_class")\n', "failed", ("is a class",)),
    "has_other_name": Case(hooks("another", "pass"), "failed", ("'another'", "'has_other_name'")),
    "names_one_name": Case(
        hooks("names_one_name", "pass", 'requires=("aaa_whole")'),
        "failed",
        ("requires = 'aaa_whole'", "tuple"),
    ),
    "wants_other_api": Case(
        hooks("wants_other_api", "pass", 'requires_api=">=7,<8"'), "incompatible", (">=7,<8", "0.1")
    ),
    "wants_no_api": Case(
        hooks("wants_no_api", "pass", 'requires_api="new"'), "failed", ("'new'", "'>=0.1,<0.2'")
    ),
    "hangs_at_import": Case(
        "import time\ntime.sleep(600)\n", "failed", ("'load'", "still running after 5 s")
    ),
    "hangs_in_hook": Case(
        hooks("hangs_in_hook", "@hookimpl\ndef mestral_services(self):\n    import time; time.sleep(600)"),
        "failed",
        ("'services'", "still running after 5 s"),
    ),
    "has_unknown_hook": Case(
        hooks("has_unknown_hook", "@hookimpl\ndef mestral_route(self, context): return []"),
        "failed",
        ("mestral_route ", "Did you mean mestral_routes?"),
    ),
    "has_unknown_argument": Case(
        hooks("has_unknown_argument", "@hookimpl\ndef mestral_routes(self, contxt): return []"),
        "failed",
        ("mestral_routes", "contxt", "Did you mean context?"),
    ),
    "forgot_the_mark": Case(
        hooks("forgot_the_mark", "def mestral_routes(self, context): return []"),
        "failed",
        ("mestral_routes", "@mestral.hookimpl"),
    ),
    "is_async": Case(
        hooks("is_async", "@hookimpl\nasync def mestral_routes(self, context): return []"),
        "failed",
        ("mestral_routes", "must be sync"),
    ),
    "is_sync": Case(
        hooks("is_sync", "@hookimpl\ndef mestral_startup(self, context): pass"),
        "failed",
        ("mestral_startup", "must be async"),
    ),
    "raises_in_hook": Case(
        hooks("raises_in_hook", "@hookimpl\ndef mestral_routes(self): raise KeyError('lost')"),
        "failed",
        ("KeyError: 'lost'", "raises_in_hook.py"),
    ),
    "exits_in_hook": Case(
        hooks("exits_in_hook", "@hookimpl\ndef mestral_health_checks(self): raise SystemExit"),
        "failed",
        ("sys.exit",),
    ),
    "returns_nothing": Case(
        hooks("returns_nothing", "@hookimpl\ndef mestral_routes(self): pass"),
        "failed",
        ("mestral_routes returned None", "mestral.Routes"),
    ),
    "returns_else": Case(
        hooks("returns_else", "@hookimpl\ndef mestral_routes(self): return ['/x']"),
        "failed",
        ("returned a str", "mestral.Routes"),
    ),
    "returns_function": Case(
        routes("returns_function", "lambda: 1"), "failed", ("is not a route handler", "mestral.http.get")
    ),
    "repeats_route": Case(
        routes("repeats_route", 'route("/a/{x:str}", "r.a"), route("/a/{y:str}", "r.b")'),
        "failed",
        ("GET /x/repeats_route/a/{y:str}", "is the same route as GET /x/repeats_route/a/{x:str}"),
    ),
    "mixes_types": Case(
        routes("mixes_types", 'route("/a/{x:str}", "m.a"), route("/a/{y:int}/b", "m.b")'),
        "failed",
        ("type int", "type str", "/x/mixes_types/a/{y:int}/b"),
    ),
    "repeats_operation": Case(
        routes("repeats_operation", 'route("/a", "same.id"), route("/b", "same.id")'),
        "failed",
        ("'same.id'", "/x/repeats_operation/a", "/x/repeats_operation/b"),
    ),
    "lacks_access": Case(
        GET + "@get('/a', operation_id='l.a')\nasync def a() -> None: ...\n\n" + routes("lacks_access", "a"),
        "failed",
        ("GET /x/lacks_access/a (lacks_access.a)", "no access level"),
    ),
    "lacks_operation_id": Case(
        GET
        + "@get('/a', opt={'access': Access.READ})\nasync def a() -> None: ...\n\n"
        + routes("lacks_operation_id", "a"),
        "failed",
        ("GET /x/lacks_operation_id/a (lacks_operation_id.a)", "no operation id"),
    ),
    "leaves_its_paths": Case(
        routes("leaves_its_paths", 'route("/other", "l.other")', prefix='"/v4"'),
        "failed",
        ("GET /v4/other", "outside /x/leaves_its_paths", "paths = [...]"),
    ),
    "does_not_assemble": Case(
        routes("does_not_assemble", 'route("/a/{untyped}", "d.a")'), "failed", ("'assemble'", "/a/{untyped}")
    ),
    "has_bad_schema": Case(
        GET
        + "class Odd: ...\n\n"
        + "@get('/a', opt={'access': Access.READ}, operation_id='h.a')\nasync def a() -> 'Nowhere': ...\n\n"
        + routes("has_bad_schema", "a"),
        "failed",
        ("'assemble'", "Nowhere"),
    ),
    "has_bad_slot": Case(
        hooks(
            "has_bad_slot",
            "@hookimpl\ndef mestral_services(self): return [Service(slot='x', name='y', factory='a:b')]",
        ),
        "failed",
        ("'x'", "experiments.source"),
    ),
    "has_bad_factory": Case(
        hooks(
            "has_bad_factory",
            "@hookimpl\ndef mestral_services(self): return [Service(slot='x.y', name='y', factory=print)]",
        ),
        "failed",
        ("factory", "package.module:callable"),
    ),
    "has_useless_service": Case(
        hooks(
            "has_useless_service",
            "@hookimpl\ndef mestral_services(self):\n"
            "    return [Service(slot='experiments.sourse', name='y', factory='a:b')]",
        ),
        "degraded",
        ("experiments.sourse", "Did you mean experiments.source?"),
    ),
    "has_sync_check": Case(
        hooks(
            "has_sync_check",
            "@hookimpl\ndef mestral_health_checks(self): return [HealthCheck(name='c', check=lambda: None)]",
        ),
        "failed",
        ("'c'", "must be async"),
    ),
    "has_sync_section": Case(
        hooks(
            "has_sync_section",
            "@hookimpl\ndef mestral_status_sections(self):\n"
            "    from mestral import StatusSection\n"
            "    return [StatusSection(title='Tasks', render=lambda platform: None)]",
        ),
        "failed",
        ("'Tasks'", "must be async"),
    ),
    "takes_core_key": Case(
        "import msgspec\n\nclass S(msgspec.Struct):\n    required: int = 1\n\n"
        + hooks("takes_core_key", "pass", "settings=S"),
        "failed",
        ("required", "core reads"),
    ),
    "has_bad_setting": Case(
        "import msgspec\n\nclass S(msgspec.Struct):\n    size: int = 1\n\n"
        + hooks("has_bad_setting", "pass", "settings=S"),
        "misconfigured",
        ("size", "a whole number", "mestral.toml"),
    ),
    "has_unknown_setting": Case(
        "import msgspec\n\nclass S(msgspec.Struct):\n    colour: str = ''\n\n"
        + hooks("has_unknown_setting", "pass", "settings=S"),
        "misconfigured",
        ("color", "Did you mean colour?"),
    ),
    "has_no_settings": Case(hooks("has_no_settings", "pass"), "misconfigured", ("anything",)),
    "has_bad_option": Case(hooks("has_bad_option", "pass"), "misconfigured", ("required", "true or false")),
    "is_not_configured": Case(
        hooks("is_not_configured", "pass", "configured=lambda settings: 'It needs an address: set url.'"),
        "misconfigured",
        ("It needs an address: set url.",),
    ),
    "implements_nothing": Case(
        hooks("implements_nothing", "pass"), "degraded", ("implements no hook", "contributes nothing yet")
    ),
    "requires_absent": Case(
        hooks("requires_absent", "pass", 'requires=("zzz_whoel",)'),
        "unavailable",
        ("'zzz_whoel'", "Did you mean zzz_whole?"),
    ),
    "requires_broken": Case(
        hooks("requires_broken", "pass", 'requires=("requires_raising",)'),
        "failed",
        (
            "requires requires_raising, which is failed",
            "requires raises_at_import, which is failed",
            "no luck today",
        ),
    ),
    "requires_raising": Case(
        hooks("requires_raising", "pass", 'requires=("raises_at_import",)'),
        "failed",
        ("requires raises_at_import, which is failed", "no luck today"),
    ),
    "requires_late_loser": Case(
        hooks("requires_late_loser", "pass", 'requires=("repeats_route",)'),
        "failed",
        ("is the same route as",),
    ),
    "circle_a": Case(
        hooks("circle_a", "pass", 'requires=("circle_b",)'),
        "failed",
        ("circle_a -> circle_b", "waits for itself"),
    ),
    "circle_b": Case(hooks("circle_b", "pass", 'after=("circle_a",)'), "failed", ("circle_b -> circle_a",)),
    "excludes_whole": Case(
        hooks("excludes_whole", "pass", 'conflicts=("aaa_whole",)'), "conflicted", ("aaa_whole", "conflicts")
    ),
    "claims_core": Case(
        routes("claims_core", 'route("/health/live", "c.live")', prefix='"/"'),
        "conflicted",
        ("GET /health/live", "claims_core", "core"),
    ),
    "claims_v4": Case(
        routes("claims_v4", 'route("/v4/experiments/{name:str}", "c.detail")', prefix='"/"'),
        "conflicted",
        ("GET /v4/experiments/{name:str}", "GET /v4/experiments/{expid:str} (experiments:"),
    ),
    "posts_to_v4": Case(
        routes("posts_to_v4", 'route("/v4/experiments/{name:str}", "p.detail", by="post")', prefix='"/"'),
        "conflicted",
        ("POST /v4/experiments/{name:str}", "GET /v4/experiments/{expid:str}", "from one owner"),
    ),
    "mixes_with_v4": Case(
        routes("mixes_with_v4", 'route("/v4/experiments/{number:int}/size", "m.number")', prefix='"/"'),
        "conflicted",
        ("type int", "type str", "mixes_with_v4", "(experiments:"),
    ),
    "claims_operation": Case(
        routes("claims_operation", 'route("/a", "aaa_whole.one")'),
        "conflicted",
        ("'aaa_whole.one'", "claims_operation", "/x/aaa_whole/one"),
    ),
    "claims_service": Case(
        hooks(
            "claims_service",
            "@hookimpl\ndef mestral_services(self):\n"
            "    return [Service(slot='experiments.source', name='autosubmit', factory='a:b')]",
        ),
        "conflicted",
        ("experiments", "'autosubmit'"),
    ),
    "2nd_name": Case(hooks("2nd_name", "pass"), "failed", ("'2nd_name'", "lower-case letters")),
    "enabled": Case(hooks("enabled", "pass"), "failed", ("setting of [plugins]",)),
}

TABLES = """
[plugins.has_bad_setting]
size = "big"
[plugins.has_unknown_setting]
color = "red"
[plugins.has_no_settings]
anything = 1
[plugins.has_bad_option]
required = "perhaps"
[plugins.claims_core]
paths = ["/"]
[plugins.claims_v4]
paths = ["/v4"]
[plugins.posts_to_v4]
paths = ["/v4"]
[plugins.mixes_with_v4]
paths = ["/v4/experiments"]
"""


@pytest.fixture(scope="module")
def records(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """What `mestral plugins list --json` says with all of them enabled, the broken ones between two whole
    ones."""
    site = Site(tmp_path_factory.mktemp("broken"))
    sources = {**WHOLE, **{name: case.source for name, case in CASES.items()}}
    for name, source in sources.items():
        package = f"_{name}" if name[0].isdigit() else name
        site.add(package, source, plugins={name: f"{package}:plugin"})
    names = ["aaa_whole", *CASES, "zzz_whole"]
    return site.plugins(f"[plugins]\nenabled = {names!r}\nstep_seconds = 5\n{TABLES}")


@pytest.mark.parametrize("name", CASES)
def test_broken_plugin_says_so(records: dict[str, dict[str, Any]], name: str) -> None:
    case = CASES[name]
    assert records[name]["state"] == case.state, records[name]["reason"]
    for part in case.says:
        assert part in records[name]["reason"]


@pytest.mark.parametrize("name", ["aaa_whole", "zzz_whole", "experiments"])
def test_all_others_are_served(records: dict[str, dict[str, Any]], name: str) -> None:
    assert records[name]["state"] == "active"
    assert records[name]["reason"] == ""
