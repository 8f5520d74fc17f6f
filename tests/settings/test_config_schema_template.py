"""`mestral config schema | template`: all that can be set, of core and of every installed plugin."""

import json
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from tests.plugins.conftest import Site

from mestral.settings import Settings, load_settings, validate_table
from mestral_experiments.demo import unpack
from mestral_experiments.settings import ExperimentsSettings

# A plugin with one setting of every kind; nobody enabled it.
RICH = r"""
from enum import Enum
from pathlib import Path
from typing import Annotated, Literal
import msgspec
from msgspec import Meta
from mestral import Secret

class Colour(Enum):
    RED = "red"

class Account(msgspec.Struct):
    user: str
    port: Annotated[int, Meta(ge=1, le=65535)] = 22
    password: Secret | None = None

class S(msgspec.Struct, kw_only=True):
    name: Annotated[str, Meta(description="Name of it.", extra={"env": "OLD_NAME"})]
    key: Secret
    code: Annotated[str, Meta(pattern="^[0-9]{4}$", examples=["1234"])]
    odd: Annotated[str, Meta(pattern="^(no example known)$")] | None = None
    text: str = 'quotes " and \\, lines\n, \x7f, ü'
    folder: Path = Path("/srv")
    level: Literal["low", 3] = "low"
    colour: Colour = Colour.RED
    hosts: Annotated[list[str], Meta(min_length=1, max_length=2)] = msgspec.field(
        default_factory=lambda: ["a"]
    )
    account: Account | None = None
    accounts: dict[str, Account] = {}
    limits: dict[str, int] = msgspec.field(default_factory=lambda: {"a key": 1})
    share: Annotated[float, Meta(gt=0, lt=1)] = 1e-9
    either: int | str | None = None
    addresses: tuple[Annotated[str, Meta(pattern="^https://")], ...] | None = None

class P:
    manifest = manifest("rich", settings=S)

plugin = P()
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """With plugins that nobody enabled: a rich one, one that fails, one that is disabled."""
    site = Site(tmp_path_factory.mktemp("site"))
    site.add("rich", RICH)
    site.add("broken", "raise ValueError('no luck today')\n")
    site.add("unwanted", "raise SystemExit('it is disabled, so nobody may import it')\n")
    return site


@pytest.fixture(scope="module")
def text(site: Site) -> str:
    """The template."""
    done = site.run("config", "template", toml='[plugins]\ndisabled = ["unwanted"]\n')
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def schema(site: Site) -> dict[str, Any]:
    """The schema; a wrong mestral.toml does not matter."""
    done = site.run("config", "schema", toml='[plugins]\ndisabled = ["unwanted"]\n[server]\nport = -1\n')
    assert done.returncode == 0, done.stderr
    document: dict[str, Any] = json.loads(done.stdout)
    return document


def uncommented(text: str, mark: str = "#") -> str:
    """Every setting switched on that is marked so."""
    return re.sub(rf"(?m)^{mark}(?=[^# ])", "", text)


def settings_of(folder: Path, toml: str, environ: Mapping[str, str]) -> Settings:
    config = folder / "mestral.toml"
    config.write_text(toml)
    return load_settings(config=config, environ=environ)


def test_uncommented_template_changes_nothing(text: str, tmp_path: Path, site: Site) -> None:
    environ = {"HOME": str(site.folder)}
    plain = settings_of(tmp_path, "", environ)
    full = settings_of(tmp_path, uncommented(text), environ)
    assert set(plain.origins) == set()
    assert {"server.port", "readers.cache_bytes", "plugins.on_error", "state_dir"} <= set(full.origins)
    assert full.plugins.tables.keys() == {"auth_cas", "auth_github", "auth_oidc", "experiments", "rich"}
    for section in ("state_dir", "server", "auth", "http", "readers"):
        assert getattr(full, section) == getattr(plain, section)
    table = {k: v for k, v in full.plugins.tables["experiments"].items() if k not in ("required", "paths")}
    built, findings, _ = validate_table(ExperimentsSettings, table, plugin="experiments", environ={})
    assert (built, findings) == (ExperimentsSettings(), ())


def test_uncommented_template_passes_the_check(text: str, tmp_path: Path, site: Site) -> None:
    environ = {"AUTOSUBMIT_CONFIGURATION": str(unpack(tmp_path))}
    done = site.run("config", "check", toml=uncommented(text), environ=environ)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_setting_is_there_with_meaning_limits_and_variables(text: str, schema: dict[str, Any]) -> None:
    for definition in ("server", "auth", "http", "readers", "plugins", "plugins_experiments", "plugins_rich"):
        keys = set(schema["$defs"][definition]["properties"])
        keys -= {key for key in keys if key.endswith("_file") and key.removesuffix("_file") in keys}
        for key in keys - {
            "auth_cas",
            "auth_github",
            "auth_oidc",
            "experiments",
            "rich",
            "broken",
            "unwanted",
        }:
            assert re.search(rf"(?m)^##? ?{key} = ", text), key
            assert f"MESTRAL_{definition.replace('_', '__', 1).upper()}__{key.upper()}" in text, key
    port = text[: text.index("#port = 8000")].rpartition("\n\n")[2]
    assert port == (
        "# TCP port; 0 lets the system choose.\n"
        "# Must be a whole number from 0 to 65535. Environment: MESTRAL_SERVER__PORT, PORT.\n"
    )
    assert "Must be ALL, WRITEONLY or NONE." in text
    assert "Or secret_key_file: a path to a file that holds it." in text
    assert (
        "# Name of it.\n# Must be a text. It must be given. Environment: MESTRAL_PLUGINS__RICH__NAME, OLD"
        in text
    )
    assert '##code = "1234"\n' in text
    assert "## odd = ...\n" in text


def test_examples_are_of_the_right_type(text: str, schema: dict[str, Any]) -> None:
    document = tomllib.loads(uncommented(uncommented(text, "##")))
    assert document["server"]["uds"] == "/path/to/it"
    assert document["plugins"]["rich"]["account"] == {"user": "text"}
    assert [error.message for error in jsonschema_rs.iter_errors(schema, document)] == []


def test_plugins_whose_settings_are_not_known_say_why(text: str, schema: dict[str, Any]) -> None:
    words = " ".join(text.replace("\n# ", " ").split())
    assert (
        "The settings of plugin broken are not known: it is failed: Step 'load' raised ValueError: no luck"
        in words
    )
    assert "plugin unwanted are not known: it is disabled: It is named in plugins.disabled" in words
    about = schema["$defs"]["plugins"]["properties"]
    assert "no luck today" in about["broken"]["description"]
    assert jsonschema_rs.is_valid(schema, {"plugins": {"broken": {"anything": 1}, "unheard_of": {}}})


def test_schema_is_one(schema: dict[str, Any]) -> None:
    jsonschema_rs.meta.validate(schema)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert '"null"' not in json.dumps(schema)  # which TOML does not have


@pytest.mark.parametrize(
    ("toml", "good"),
    [
        ("", True),
        ("[server]\nport = 8000", True),
        ("[server]\nport = 70000", False),
        ('[server]\nport = "8000"', False),
        ("[server]\nprot = 8000", False),
        ('[auth]\nprotection_level = "NONE"', True),
        ('[auth]\nprotection_level = "none"', False),
        ("[nosuch]", False),
        ("prot = 1", False),
        ("[plugins]\ntables = 3", False),
        ("[plugins.experiments]\nbusy_seconds = 7\nrequired = true", True),
        ("[plugins.experiments]\nbusy_seconds = 70", False),
        ('[plugins.experiments]\nrc_flie = "x"', False),
    ],
)
def test_schema_and_loader_agree(schema: dict[str, Any], site: Site, toml: str, good: bool) -> None:
    assert jsonschema_rs.is_valid(schema, tomllib.loads(toml)) is good
    done = site.run("config", "check", toml=toml)
    errors = [line for line in done.stdout.splitlines() if "no rc file of Autosubmit" not in line]
    assert any(line.startswith("  mestral.toml: ") for line in errors) is not good, done.stdout


def test_value_written_is_the_value_read(text: str) -> None:
    rich = tomllib.loads(uncommented(text))["plugins"]["rich"]
    assert rich["text"] == 'quotes " and \\, lines\n, \x7f, ü'
    assert rich["share"] == 1e-9
    assert rich["limits"] == {"a key": 1}
    assert rich["level"] == "low"
