"""The mistakes that deployers make, and that every message says where, which key, which value, what is
allowed, and what to do.

Everything is read from what the commands print, where all of it has to stand in one message.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import pytest
from tests.plugins.conftest import Site
from tests.plugins.test_broken_plugins import hooks, routes

CONFIG, PLUGINS = ("config", "check"), ("plugins", "check")
SECRET = "<a secret: its value must not be shown>"
NONE = "<there is none>"


class Mistake(NamedTuple):
    """What somebody wrote, and what the message about it has to name.

    Attributes:
        toml, environ: What was written.
        where: The file and table, or the variable.
        key: The key; for a broken file the place in it.
        value: The value that is wrong; SECRET where it must not be shown.
        allowed: What is allowed; NONE where that is the remedy itself.
        remedy: What to do.
        command: Which command says so.
    """

    toml: str
    where: str
    key: str
    value: str
    allowed: str
    remedy: str
    environ: Mapping[str, str] = {}
    command: tuple[str, ...] = CONFIG


FILE = "mestral.toml"

MISTAKES = {
    "broken TOML": Mistake(
        "[server]\nport 8000\n", FILE, "line 2, column 6", "Expected '='", "valid TOML", "Mend it"
    ),
    "key given twice": Mistake(
        "[server]\nport = 1\nport = 2\n", FILE, "line 3", "Cannot overwrite", "valid TOML", "Mend it"
    ),
    "permissions without quotes": Mistake(
        "[server]\nuds_mode = 0660\n", FILE, "line 2", "valid TOML", "stand in quotes", 'uds_mode = "0660"'
    ),
    "level of no logger": Mistake(
        '[log.levels]\nexperimnts = "DEBUG"\n',
        FILE,
        "[log] levels",
        "'experimnts'",
        NONE,
        "mean experiments?",
    ),
    "level of a name unlike any": Mistake(
        '[log.levels]\n"qqq.www" = "DEBUG"\n', FILE, "[log] levels", "'qqq.www'", "a logger", "Name a plugin"
    ),
    "mistyped table": Mistake(
        "[sevrer]\nport = 1\n", FILE, "[sevrer]", "sevrer", NONE, "Did you mean server?"
    ),
    "unknown table": Mistake(
        "[pigeons]\nurl = 1\n",
        FILE,
        "[pigeons]",
        "pigeons",
        "Known: server, auth",
        "Take it out, or move its keys",
    ),
    "mistyped key": Mistake("[server]\nprot = 80\n", FILE, "[server] prot", "prot", NONE, "mean port?"),
    "unknown key": Mistake(
        "[http]\nzzz = 1\n", FILE, "[http] zzz", "zzz", "Known: access_log", "Take it out"
    ),
    "key outside its table": Mistake("port = 80\n", FILE, "port", "port", NONE, "It belongs below [server]"),
    "text for a number": Mistake(
        '[server]\nport = "8000"\n', FILE, "[server] port", '"8000"', "a whole number", "leave it out: then"
    ),
    "number out of range": Mistake(
        "[server]\nport = 70000\n", FILE, "[server] port", "70000", "from 0 to 65535", "then it is 8000"
    ),
    "no readers": Mistake(
        "[readers]\ncount = 0\n", FILE, "[readers] count", "not 0", "from 1 to 64", "Or leave it out"
    ),
    "no time": Mistake(
        "[plugins]\nstep_seconds = 0\n", FILE, "step_seconds", "not 0", "greater than 0", "then it is 10.0"
    ),
    "word for a switch": Mistake(
        '[http]\naccess_log = "on"\n', FILE, "access_log", '"on"', "true or false", "then it is true"
    ),
    "text for a list": Mistake(
        '[plugins]\nenabled = "ticker"\n', FILE, "[plugins] enabled", '"ticker"', "a list", "leave it out"
    ),
    "unknown choice": Mistake(
        '[plugins]\non_error = "stop"\n', FILE, "on_error", '"stop"', "degrade or fail", 'it is "degrade"'
    ),
    "slash at the end": Mistake(
        '[server]\nroot_path = "/api/"\n', FILE, "root_path", '"/api/"', "such as /api", "Or leave it out"
    ),
    "protection level": Mistake(
        "",
        "environment variable PROTECTION_LEVEL",
        "auth.protection_level",
        '"none"',
        "ALL, WRITEONLY or NONE",
        "Did you mean NONE?",
        {"PROTECTION_LEVEL": "none"},
    ),
    "variable of the wrong type": Mistake(
        "",
        "environment variable MESTRAL_SERVER__PORT",
        "server.port",
        '"eighty"',
        "a whole number from 0 to 65535",
        "then it is 8000",
        {"MESTRAL_SERVER__PORT": "eighty"},
    ),
    "mistyped variable": Mistake(
        "",
        "environment variable MESTRAL_SERVER_PORT",
        "MESTRAL_SERVER_PORT",
        "no setting has this name",
        NONE,
        "Did you mean MESTRAL_SERVER__PORT?",
        {"MESTRAL_SERVER_PORT": "80"},
    ),
    "short key": Mistake(
        "",
        "environment variable SECRET_KEY",
        "the key has 16 bytes",
        SECRET,
        "at least 32",
        "Make one: python3 -c",
        {"SECRET_KEY": "hush-hush-hush-1"},
    ),
    "placeholder key": Mistake(
        '[auth]\nsecret_key = "hush-hush-hush-change-me-change-me-1"\n',
        FILE,
        "[auth] secret_key",
        SECRET,
        "looks like the placeholder of an example",
        "Make one: python3 -c",
    ),
    "unreadable secret file": Mistake(
        '[auth]\nsecret_key_file = "/nowhere/key"\n',
        FILE,
        "[auth] secret_key_file",
        "/nowhere/key",
        "cannot be read: No such file",
        "Name a file that this user may read",
    ),
    "secret and its file": Mistake(
        "",
        "environment variable SECRET_KEY_FILE",
        "auth.secret_key",
        SECRET,
        "is given beside environment variable SECRET_KEY",
        "Keep one of them",
        {"SECRET_KEY": "hush-hush-hush", "SECRET_KEY_FILE": "key"},
    ),
    "file that is not there": Mistake(
        "",
        "/nowhere/mestral.toml",
        "the file",
        "/nowhere/mestral.toml",
        "does not exist",
        "Name one that does, or none",
        command=("--config", "/nowhere/mestral.toml", *CONFIG),
    ),
    "plugin that is not installed": Mistake(
        '[plugins]\nenabled = ["tickr"]\n',
        FILE,
        "[plugins] enabled",
        "'tickr'",
        "Did you mean ticker?",
        "Install the distribution that does, or take the name out",
    ),
    "unknown name in only": Mistake(
        '[plugins]\nonly = ["zzz"]\n',
        FILE,
        "[plugins] only",
        "'zzz'",
        "Known: auth_cas, auth_github, auth_oidc, experiments, ticker",
        "take the name out",
    ),
    "table of no plugin": Mistake(
        "[plugins.tickr]\nsize = 1\n",
        FILE,
        "[plugins.tickr]",
        "'tickr'",
        "Did you mean ticker?",
        "Install the distribution that does",
    ),
    "setting of a plugin": Mistake(
        "[plugins.experiments]\nbusy_seconds = -1\n",
        FILE,
        "[plugins.experiments] busy_seconds",
        "not -1",
        "a number",
        "Or leave it out: then it is",
    ),
    "unknown setting of a plugin": Mistake(
        "[plugins.experiments]\nrcfile = 1\n",
        FILE,
        "[plugins.experiments] rcfile",
        "rcfile",
        NONE,
        "Did you mean rc_file?",
    ),
    "required is no switch": Mistake(
        '[plugins.experiments]\nrequired = "yes"\n',
        FILE,
        "[plugins.experiments] required",
        '"yes"',
        "true or false",
        "then it is false",
    ),
    "address without a scheme": Mistake(
        "",
        "environment variable CAS_SERVER_URL",
        "plugins.auth_cas.server_url",
        '"cas.example/"',
        "a text that matches ^https?://",
        "Or leave it out",
        {"CAS_SERVER_URL": "cas.example/"},
    ),
    "service that nobody offers": Mistake(
        '[plugins.experiments]\nsource = "postgres"\n',
        FILE,
        "[plugins.experiments] source",
        "'postgres'",
        "Installed and in use: autosubmit",
        "Name one of these",
    ),
    "folder of plugins that is not there": Mistake(
        '[plugins]\ndir = "/nowhere/plugins"\n',
        FILE,
        "[plugins] dir",
        "/nowhere/plugins",
        "must be a folder that this user may read",
        "Make it, or leave it out",
    ),
    "object without a module": Mistake(
        '[plugins]\nobjects = {mine = "mine"}\n',
        FILE,
        "[plugins] objects, entry mine",
        '"mine"',
        "as module:object",
        "Or leave it out",
    ),
    "local plugin given twice": Mistake(
        '[plugins]\ndir = "local"\n',
        "plugins.dir (clock)",
        "plugins.dir (clock.py)",
        "'clock'",
        "both offer a plugin named",
        "remove one of them, or say which is meant, such as clock = 'clock:plugin' below [plugins.objects]",
    ),
    "path of another": Mistake(
        '[plugins]\nenabled = ["ticker"]\n',
        "ticker",
        "GET /ticker/now",
        "/ticker/now",
        "outside /x/ticker",
        "by paths = [...] in [plugins.ticker]",
        command=PLUGINS,
    ),
    "route of another": Mistake(
        '[plugins]\nenabled = ["ticker", "twin"]\n[plugins.ticker]\npaths = ["/ticker"]\n'
        '[plugins.twin]\npaths = ["/ticker"]\n',
        "twin",
        "GET /ticker/now (twin",
        "GET /ticker/now (ticker",
        "is the same route as",
        "change or disable one",
        command=PLUGINS,
    ),
    "host with a scheme": Mistake(
        '[server]\nallowed_hosts = ["https://x.org"]\n',
        FILE,
        "[server] allowed_hosts, entry 1",
        '"https://x.org"',
        "such as example.org",
        "Or leave it out",
    ),
    "two paths behind one proxy": Mistake(
        '[server]\npublic_url = "https://x.org/api"\nroot_path = "/other"\n',
        FILE,
        "[server] public_url",
        "'/api'",
        "server.root_path is '/other' (mestral.toml: [server] root_path)",
        "Make them equal, or leave server.root_path out",
    ),
    "rc file that is not there": Mistake(
        '[plugins.experiments]\nrc_file = "/nowhere/rc"\n',
        FILE,
        "[plugins.experiments] rc_file",
        "/nowhere/rc",
        "No such file or directory",
        "name Autosubmit's rc file (rc_file or AUTOSUBMIT_CONFIGURATION)",
    ),
    "required and disabled": Mistake(
        '[plugins]\ndisabled = ["experiments"]\n[plugins.experiments]\nrequired = true\n',
        FILE,
        "[plugins] disabled",
        "'experiments'",
        "[plugins.experiments] required",
        "Take it out there, or take required = true out",
    ),
    "required and not named": Mistake(
        '[plugins]\nonly = ["ticker"]\n[plugins.experiments]\nrequired = true\n',
        FILE,
        "[plugins] only",
        "'experiments'",
        "[plugins.experiments] required",
        "Add it there, or take required = true out",
    ),
    "socket in no folder": Mistake(
        '[server]\nuds = "/nowhere/x.sock"\n',
        FILE,
        "[server] uds",
        "/nowhere/x.sock",
        "there is no folder /nowhere",
        "Make it",
    ),
    "socket with a long path": Mistake(
        f'[server]\nuds = "/tmp/{"x" * 103}"\n',
        FILE,
        "[server] uds",
        "108 bytes",
        "at most 107",
        "shorter one",
    ),
    "host that is none": Mistake(
        '[server]\nhost = "[::1]:80"\n',
        FILE,
        "[server] host",
        "'[::1]:80'",
        "an address of this machine, such as 127.0.0.1 or ::1",
        "Set server.host",
    ),
    "origin with a slash at its end": Mistake(
        '[http]\ncors_origins = ["https://a.org", "https://GUI.example.org:443/app/"]\n',
        FILE,
        "[http] cors_origins",
        "'https://GUI.example.org:443/app/'",
        "scheme://host or scheme://host:port",
        "Did you mean https://gui.example.org?",
    ),
    "origin without a scheme": Mistake(
        '[http]\ncors_origins = ["gui.example.org:8443"]\n',
        FILE,
        "[http] cors_origins",
        "'gui.example.org:8443'",
        "scheme://host or scheme://host:port",
        "Did you mean https://gui.example.org:8443?",
    ),
    "any origin beside others": Mistake(
        '[http]\ncors_origins = ["*", "https://a.org"]\n',
        FILE,
        "[http] cors_origins",
        "'*'",
        "or * alone",
        "take it out",
    ),
    "public address that is not allowed": Mistake(
        '[server]\npublic_url = "https://hub.example.org:8443"\nallowed_hosts = ["*.hub.example.org"]\n',
        FILE,
        "[server] public_url",
        "'hub.example.org'",
        "server.allowed_hosts (*.hub.example.org)",
        'Add "hub.example.org" to server.allowed_hosts',
    ),
    "secret for everybody": Mistake(
        '[auth]\nsecret_key_file = "open_key"\n',
        FILE,
        "[auth] secret_key_file",
        "open_key",
        "every account can read the secret",
        "chmod 600 open_key",
    ),
    "proxy by name": Mistake(
        "",
        "environment variable FORWARDED_ALLOW_IPS",
        "server.forwarded_allow_ips",
        "'proxy.example.org'",
        "an address such as 10.0.0.1 or a network such as 10.0.0.0/8",
        "then it is 127.0.0.1",
        {"FORWARDED_ALLOW_IPS": "10.0.0.1, proxy.example.org"},
    ),
    "network with a host in it": Mistake(
        '[server]\nforwarded_allow_ips = "10.1.2.3/8"\n',
        FILE,
        "[server] forwarded_allow_ips",
        "'10.1.2.3/8'",
        "a network such as",
        "Did you mean 10.0.0.0/8?",
    ),
    "less time for requests than for readers": Mistake(
        "[server]\nrequest_seconds = 60\n",
        FILE,
        "[server] request_seconds",
        "is 60",
        "readers.time_seconds, 120",
        "Make server.request_seconds the larger one",
    ),
    "readers that are never renewed": Mistake(
        "[readers]\nmemory_bytes = 268435456\n",
        FILE,
        "[readers] memory_bytes",
        "readers.recycle_bytes is 536870912",
        "readers.memory_bytes, 268435456",
        "Make readers.recycle_bytes the smaller one",
    ),
    "no plugins": Mistake(
        "[plugins]\nonly = []\n", FILE, "[plugins] only", "is []", "nothing is served", "Name some, or leave"
    ),
    "state folder of the kernel": Mistake(
        "",
        "environment variable MESTRAL_STATE_DIR",
        "Set state_dir",
        "/proc/x",
        "to a folder on a local disk that this user owns",
        "Set state_dir in mestral.toml, or MESTRAL_STATE_DIR",
        {"MESTRAL_STATE_DIR": "/proc/x"},
    ),
}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """A server with two plugins that want the same path, and local ones."""
    made = Site(tmp_path_factory.mktemp("mistakes"))
    for name in ("ticker", "twin"):
        made.add(name, routes(name, f'route("/now", "{name}.now")', prefix='"/ticker"'))
    made.write("open_key", "0f1e2d3c4b5a69788796a5b4c3d2e1f0xyz")
    made.write("local/clock.py", hooks("clock", "pass"))
    made.write("local/clock/__init__.py", hooks("clock", "pass"))
    return made


def test_there_are_enough() -> None:
    assert len(MISTAKES) >= 30


@pytest.mark.parametrize("name", MISTAKES)
def test_message_names_place_key_value_what_is_allowed_and_the_remedy(site: Site, name: str) -> None:
    mistake = MISTAKES[name]
    done = site.run(*mistake.command, toml=mistake.toml, environ=mistake.environ)
    output = done.stdout + done.stderr
    wanted = [mistake.where, mistake.key, mistake.value, mistake.allowed, mistake.remedy]
    parts = [part for part in wanted if part not in (SECRET, NONE)]
    assert any(all(part in message for part in parts) for message in _messages(done.stdout)), output
    assert "hush-hush" not in output
    assert "Traceback" not in output


def test_what_looks_like_a_mistake_and_is_none(site: Site) -> None:
    toml = (
        '[http]\ncors_origins = ["https://[::1]:8443", "http://localhost:3000", "app://gui"]\n'
        '[server]\npublic_url = "https://a.example.org:8443/api"\nallowed_hosts = ["*.example.org"]\n'
        'forwarded_allow_ips = "10.0.0.1, fd00::/8,"\nuds = "x.sock"\n'
    )
    for text in (toml, '[http]\ncors_origins = ["*"]\n[server]\nforwarded_allow_ips = "*"\n'):
        output = site.run(*CONFIG, toml=text).stdout
        assert "[server]" not in output and "[http]" not in output, output


def _messages(text: str) -> list[str]:
    """One per line; what is indented deeper (`plugins check` wraps sentences) belongs to the line above."""
    messages: list[str] = []
    for line in text.splitlines():
        if line.startswith("    ") and messages:
            messages[-1] += " " + line.strip()
        else:
            messages.append(line)
    return messages


def test_many_mistakes_are_reported_in_one_run(site: Site, tmp_path: Path) -> None:
    toml = (
        '[server]\nport = 70000\n[plugins]\nenabled = ["tickr"]\n[plugins.experiments]\nbusy_seconds = -1\n'
    )
    for command in (CONFIG, PLUGINS):
        done = site.run(*command, toml=toml, environ={"PROTECTION_LEVEL": "none"})
        assert done.returncode == 1
        for part in ("[server] port", "PROTECTION_LEVEL", "'tickr'", "busy_seconds"):
            assert part in done.stdout
