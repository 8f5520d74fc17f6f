"""A third party's login plugin with a login of each kind, routes to operate, and a say in who may.

The provider of its redirect login is the test itself: it reads where the browser is sent, and comes back with
a code that says whom it vouches for. What a code makes the login do: see `FAULTS`.
"""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, cast
from urllib.parse import parse_qs, urlencode, urlsplit

import msgspec
from litestar import Litestar, Request, Response
from litestar.params import JSONBody
from litestar.testing import TestClient
from tests.probe import SECRET_KEY

from mestral import (
    Access,
    Clients,
    Decision,
    Identity,
    LoginAttempt,
    LoginBackend,
    LoginRefused,
    Manifest,
    PluginContext,
    Principal,
    Problem,
    Routes,
    hookimpl,
    platform_of,
)
from mestral.app import build_app
from mestral.settings import Settings, load_settings

PASSWORD = "correct horse battery"

FAULTS = ("hang", "raise", "exit", "wrong", "nobody", "unprintable", "refuse", "down", "groups")


class DoorsSettings(msgspec.Struct, frozen=True):
    clients: tuple[str, ...] = ()
    begin: str = ""
    decide: str = ""


class Stop(msgspec.Struct):
    expid: str


async def vouch(word: str) -> Any:
    """Whom a code or a name stands for: `name`, `subject/name`, or one of `FAULTS`; what follows `~` is there
    to be secret."""
    word = word.partition("~")[0]
    match word:
        case "hang":
            await asyncio.sleep(3600)
        case "raise":
            raise RuntimeError(f"cannot redeem {word}-secret")
        case "exit":
            raise SystemExit(f"{word}-secret")
        case "wrong":
            return {"subject": "alice", "username": "alice"}
        case "nobody":
            return Principal(subject="", username="alice")
        case "unprintable":
            return Principal(subject="1", username="alice\nforged")
        case "refuse":
            raise LoginRefused("Not you.", "the provider\nsaid no")
        case "down":
            raise Problem(503, "The maze is closed.", headers={"Retry-After": "7"})
        case "groups":
            return Principal(subject="alice", username="alice", groups=cast("Any", "staff"))
    subject, _, name = word.rpartition("/")
    return Principal(subject=subject or name, username=name)


class Doors:
    manifest = Manifest(
        name="doors",
        version="1",
        summary="Three logins.",
        requires_api=">=0.1",
        provides=("auth:maze", "auth:gate", "auth:proxy", "auth:other"),
        settings=DoorsSettings,
    )

    @hookimpl
    def mestral_login_backends(self, context: PluginContext) -> Sequence[LoginBackend]:
        begin = context.settings.begin

        async def begin_maze(attempt: LoginAttempt) -> str:
            if begin in FAULTS:
                await vouch(begin)
            sent = {
                "redirect_uri": attempt.callback,
                "state": attempt.state,
                "nonce": attempt.nonce,
                "code_challenge": attempt.challenge,
            }
            return begin or f"http://maze.example.org/authorize?{urlencode(sent)}"

        async def finish_maze(attempt: LoginAttempt, query: Mapping[str, str]) -> Principal:
            assert attempt.verifier
            assert attempt.nonce
            return cast("Principal", await vouch(query.get("code", "")))

        async def finish_gate(attempt: LoginAttempt, given: Mapping[str, str]) -> Principal:
            if given["password"] != PASSWORD:
                raise LoginRefused("Wrong user name or password.")
            return cast("Principal", await vouch(given["username"]))

        async def finish_proxy(attempt: LoginAttempt, headers: Mapping[str, str]) -> Principal:
            if not headers.get("x-remote-user"):
                raise LoginRefused("The proxy says nobody.")
            groups = tuple(filter(None, headers.get("x-remote-groups", "").split(",")))
            return Principal(
                subject=headers["x-remote-user"], username=headers["x-remote-user"], groups=groups
            )

        return [
            LoginBackend(
                id="maze", display_name="The maze", kind="redirect", begin=begin_maze, finish=finish_maze
            ),
            LoginBackend(id="gate", display_name="The gate", kind="password", finish=finish_gate),
            LoginBackend(id="proxy", display_name="The proxy", kind="header", finish=finish_proxy),
            LoginBackend(
                id="other", display_name="Another", kind="redirect", begin=begin_maze, finish=finish_maze
            ),
        ]

    @hookimpl
    def mestral_clients(self, context: PluginContext) -> Sequence[Clients]:
        return [Clients(read=lambda: context.settings.clients)]

    @hookimpl
    def mestral_routes(self) -> Sequence[Routes]:
        from mestral.http import json_response, post

        @post("/{expid:str}/stop", access=Access.OPERATE, operation_id="doors.stop")
        async def stop() -> Response[bytes]:
            return json_response({})

        @post("/make", access=Access.OPERATE, operation_id="doors.make")
        async def make() -> Response[bytes]:
            return json_response({})

        @post("/stop", access=Access.OPERATE, operation_id="doors.stop_body", policy="handler")
        async def stop_body(request: Request[Any, Any, Any], data: JSONBody[Stop]) -> Response[bytes]:
            await platform_of(request).policy.require(request, "operate", data.expid)
            return json_response({})

        return [Routes(handlers=(stop, make, stop_body))]


class Deciding(Doors):
    """The same, with a say: the word in `decide`, or of each experiment the word it is named after."""

    @hookimpl
    async def mestral_decide(
        self, context: PluginContext, identity: Identity | None, action: str, expid: str
    ) -> Decision:
        word = context.settings.decide or expid
        match word:
            case "raise":
                raise RuntimeError("cannot decide")
            case "exit":
                raise SystemExit
            case "hang":
                await asyncio.sleep(3600)
            case "nonsense":
                return cast("Decision", "maybe")
        return Decision(word) if word in list(Decision) else Decision.ABSTAIN


class Twin:
    """Another plugin with the logins of `Doors`."""

    manifest = msgspec.structs.replace(Doors.manifest, name="twin", settings=DoorsSettings)
    mestral_login_backends = Doors.mestral_login_backends


class NamedSettings(msgspec.Struct, frozen=True):
    id: str = ""


class Named:
    """A login by the name that settings give it."""

    manifest = Manifest(
        name="named", version="1", summary="One.", requires_api=">=0.1", settings=NamedSettings
    )

    @hookimpl
    def mestral_login_backends(self, context: PluginContext) -> Sequence[LoginBackend]:
        async def finish(attempt: LoginAttempt, given: Mapping[str, str]) -> Principal:
            raise LoginRefused("No.")

        return [LoginBackend(id=context.settings.id, display_name="Named", kind="password", finish=finish)]


plugin = Doors()
deciding = Deciding()
twin = Twin()
named = Named()


def doors_settings(folder: Path, name: str = "plugin", **overrides: Any) -> Settings:
    """Settings with this plugin alone; `auth__admins=("alice",)` sets `auth.admins`."""
    config = folder / "mestral.toml"
    config.touch()
    given = {
        "state_dir": str(folder / "state"),
        "plugins.objects": {"doors": f"tests.auth.doors:{name}"},
        "plugins.only": ["doors"],
        "auth.secret_key": SECRET_KEY,
        "readers.count": 1,
        **{key.replace("__", "."): value for key, value in overrides.items()},
    }
    return load_settings(config=config, environ={"HOME": str(folder)}, overrides=given)


Client = TestClient[Litestar]


class Makes:
    """Makes clients of servers with the plugin, which are closed together."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self.folder = folder
        self._stack = stack

    def __call__(self, name: str = "plugin", **overrides: Any) -> Client:
        app = build_app(doors_settings(self.folder, name, **overrides))
        client = TestClient(app, base_url="http://127.0.0.1", raise_server_exceptions=False)
        client.follow_redirects = False
        return self._stack.enter_context(client)


def begin(client: Client, login: str = "maze", **query: str) -> tuple[Any, dict[str, str]]:
    """Begin a login; the answer, and what the provider was sent."""
    answer = client.get(f"/v4/auth/{login}/start", params=query)
    sent = parse_qs(urlsplit(answer.headers.get("location", "")).query)
    return answer, {key: values[0] for key, values in sent.items()}


def by_maze(client: Client, code: str) -> Any:
    """The whole way of a login; the answer of its end."""
    _, sent = begin(client)
    return client.get("/v4/auth/maze/callback", params={"state": sent["state"], "code": code})


def by_gate(client: Client, username: str, password: str = PASSWORD) -> Any:
    """A login by password."""
    return client.post("/v4/auth/gate/login", json={"username": username, "password": password})


def by_proxy(client: Client, username: str, groups: str = "") -> Any:
    """A login by header."""
    headers = {"X-Remote-User": username, "X-Remote-Groups": groups}
    return client.post("/v4/auth/proxy/login", headers=headers)


def bearer(answer: Any) -> dict[str, str]:
    """The header of somebody who logged in."""
    assert answer.status_code == 200, answer.text
    return {"Authorization": answer.json()["token"]}
