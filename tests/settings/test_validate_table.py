"""The settings of one plugin, judged by its own Struct."""

from enum import Enum
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
import pytest
from msgspec import Meta

from mestral.settings import Finding, PluginOptions, Secret, Value, validate_table


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


class Account(msgspec.Struct, frozen=True, kw_only=True):
    user: str
    port: Annotated[int, Meta(ge=1, le=65535)] = 22
    password: Annotated[Secret | None, Meta(extra={"env": "OLD_PASSWORD"})] = None


class Harbour(msgspec.Struct, frozen=True, kw_only=True):
    name: Annotated[str, Meta(description="Name of the harbour.", extra={"env": "OLD_NAME"})] = "x"
    folder: Path = Path("/srv")
    level: Literal["low", "high", 3] = "low"
    colour: Colour = Colour.RED
    client_secret: Annotated[Secret | None, Meta(extra={"env": "OLD_SECRET"})] = None
    hosts: Annotated[list[str], Meta(max_length=2)] = []
    ports: tuple[int, ...] = ()
    words: frozenset[str] = frozenset()
    account: Account | None = None
    accounts: dict[str, Account] = {}
    limits: dict[str, Annotated[int, Meta(ge=0)]] = {}
    either: int | str = 0
    verbose: Annotated[bool, Meta(extra={"env": "OLD_VERBOSE"})] = False
    url: str = ""


def check(
    environ: dict[str, str] | None = None, **raw: Any
) -> tuple[Harbour | None, list[str], dict[str, str]]:
    table = {
        key: value if isinstance(value, Value) else Value(value, f"mestral.toml: [plugins.h] {key}")
        for key, value in raw.items()
    }
    built, findings, origins = validate_table(Harbour, table, plugin="h", environ=environ or {})
    assert all(finding.plugin == "h" and finding.level == "error" for finding in findings)
    return built, [finding.line for finding in findings], origins


def env(text: str) -> Value:
    return Value(text, "environment variable E", "environment")


@pytest.mark.parametrize(
    ("key", "raw", "value"),
    [
        ("name", "a", "a"),
        ("folder", "~/data", Path("/home/me/data")),
        ("folder", "~", Path("/home/me")),
        ("folder", Path("/a"), Path("/a")),
        ("level", "high", "high"),
        ("level", env("3"), 3),
        ("colour", "blue", Colour.BLUE),
        ("colour", env("blue"), Colour.BLUE),
        ("client_secret", "s", Secret("s")),
        ("client_secret", Secret("s"), Secret("s")),
        ("hosts", ["a", "b"], ["a", "b"]),
        ("ports", env("1, 2"), (1, 2)),
        ("words", ["a", "a"], frozenset({"a"})),
        ("account", {"user": "u"}, Account(user="u")),
        ("account", env('{user = "u", port = 7}'), Account(user="u", port=7)),
        ("account", {"user": Value("u", "o"), "port": env("8")}, Account(user="u", port=8)),
        ("accounts", {"a": {"user": "u"}}, {"a": Account(user="u")}),
        ("limits", {"a": 1}, {"a": 1}),
        ("either", "1", "1"),
        ("either", env("1"), 1),
        ("either", env("x"), "x"),
    ],
)
def test_every_kind_of_field_is_converted(key: str, raw: Any, value: object) -> None:
    built, lines, origins = check({"HOME": "/home/me"}, **{key: raw})
    assert lines == []
    assert getattr(built, key) == value
    assert key in origins


@pytest.mark.parametrize(
    ("key", "raw", "part"),
    [
        ("nmae", "a", "mestral.toml: [plugins.h] nmae: there is no such setting. Did you mean name?"),
        ("client_secrets", "a", "Did you mean client_secret?"),
        ("client_secret_flie", "a", "Did you mean client_secret_file?"),
        ("requird", True, "Did you mean required?"),
        ("name", 3, "mestral.toml: [plugins.h] name: must be a text, not 3. Name of the harbour."),
        ("folder", "", 'folder: must be a path, not ""'),
        ("level", "hihg", 'must be low, high or 3, not "hihg". Did you mean high?'),
        ("colour", "RED", 'must be red or blue, not "RED". Did you mean red?'),
        ("hosts", ["a", "b", "c"], "must be a list of at most 2 entries (each entry: a text)"),
        ("hosts", [["a"]], "[plugins.h] hosts, entry 1: must be a text"),
        (
            "ports",
            env("1,x"),
            "environment variable E (plugins.h.ports): must be a list (each entry: a whole number)",
        ),
        ("account", {}, "[plugins.h.account]: user must be given: a text."),
        ("account", 3, "[plugins.h] account: must be a table"),
        (
            "account",
            {"user": "u", "prot": 1},
            "[plugins.h] account.prot: there is no such setting. Did you mean port?",
        ),
        (
            "account",
            {"user": "u", "port": 0},
            "[plugins.h] account.port: must be a whole number from 1 to 65535",
        ),
        ("accounts", {"a": {"user": 3}}, "[plugins.h] accounts, entry a.user: must be a text, not 3"),
        ("limits", {"a": -1}, "[plugins.h] limits, entry a: must be a whole number of at least 0, not -1"),
        ("either", 1.5, "must be a whole number or a text, not 1.5"),
        ("url", ["pg://me:hush@db"], 'must be a text, not ["pg://me:********@db"]'),
    ],
)
def test_wrong_field_is_named_with_what_is_allowed(key: str, raw: Any, part: str) -> None:
    built, lines, _ = check(**{key: raw})
    assert built is None
    assert len(lines) == 1
    assert part in lines[0]


def test_all_errors_of_a_table_come_at_once() -> None:
    built, lines, _ = check(
        {"OLD_VERBOSE": "perhaps"}, name=1, level="x", ports=["a", 1, "b"], account={"port": 0, "x": 1}, zzz=1
    )
    assert built is None
    assert len(lines) == 9


@pytest.mark.parametrize(
    ("environ", "key", "value", "origin"),
    [
        ({"OLD_NAME": "n"}, "name", "n", "environment variable OLD_NAME"),
        ({"OLD_VERBOSE": "on"}, "verbose", True, "environment variable OLD_VERBOSE"),
        ({"OLD_SECRET": "s"}, "client_secret", Secret("s"), "environment variable OLD_SECRET"),
    ],
)
def test_variables_of_autosubmit_api_are_read_when_the_table_is_silent(
    environ: dict[str, str], key: str, value: object, origin: str
) -> None:
    built, lines, origins = check(environ)
    assert (getattr(built, key), origins, lines) == (value, {key: origin}, [])
    other, _, origins = check(environ, **{key: True if key == "verbose" else "mine"})
    assert other is not None
    assert origins[key] == f"mestral.toml: [plugins.h] {key}"
    empty, lines, origins = check(dict.fromkeys(environ, ""))
    assert (empty, lines, origins) == (Harbour(), [], {})


def test_secret_of_a_plugin_may_be_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text("s\n")
    file.chmod(0o600)
    for built, lines, origins in (
        check({"OLD_SECRET_FILE": str(file)}),
        check(client_secret_file=str(file)),
        check({"OLD_SECRET": "weaker"}, client_secret_file=str(file)),
    ):
        assert lines == []
        assert built is not None
        assert built.client_secret == Secret("s")
        assert str(file) in origins["client_secret"]
    built, lines, _ = check(client_secret="a", client_secret_file=str(file))
    assert built is None
    assert "Keep one of them" in lines[0]


def test_secret_inside_a_table_is_in_no_message() -> None:
    for account in ("hush", {"user": "u", "password": ["hush"]}, ["hush"]):
        _, lines, _ = check(account=account)
        assert len(lines) == 1
        assert "hush" not in lines[0]


def test_origin_is_kept_per_key_of_an_inner_table() -> None:
    built, _, origins = check(account={"user": "u", "port": env("8")})
    assert built is not None
    assert origins == {
        "account": "mestral.toml: [plugins.h] account",
        "account.user": "mestral.toml: [plugins.h] account.user",
        "account.port": "environment variable E",
    }


def test_struct_may_refuse_what_its_fields_are_together() -> None:
    class Pair(msgspec.Struct, frozen=True):
        low: int = 0
        high: int = 0

        def __post_init__(self) -> None:
            if self.low > self.high:
                raise ValueError("low must not be above high")

    built, findings, _ = validate_table(Pair, {"low": Value(1, "o")}, plugin="p", environ={})
    assert built is None
    assert findings == (
        Finding(
            level="error",
            where="[plugins.p]",
            key="plugins.p",
            message="low must not be above high",
            plugin="p",
        ),
    )


def test_keys_of_core_in_a_table_of_a_plugin() -> None:
    table = {"required": Value("yes", "E", "environment"), "paths": Value(["/a"], "o")}
    built, findings, _ = validate_table(PluginOptions, table, plugin="p", environ={})
    assert built == PluginOptions(required=True, paths=("/a",))
    assert findings == ()
