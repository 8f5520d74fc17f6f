"""Two `mestral serve` over one database: what one front revokes, the other refuses, and what one makes, it
knows (B12)."""

import asyncio
import json
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from tests.auth.kinds import Headers, bearer, legacy
from tests.probe import SECRET_KEY, ask, probe_settings, serving

from mestral import Identity
from mestral.auth.personal import SECONDS as PERSONAL_SECONDS
from mestral.auth.personal import PersonalTokens
from mestral.auth.revocations import SECONDS, Revocations
from mestral.auth.tokens import Tokens
from mestral.database.engine import Database
from mestral.database.migrations import CORE_OWNER, upgrade
from mestral.database.tables import revocations

PATH = "/x/probe/items/a"


def until(good: Callable[[], Any]) -> None:
    deadline = time.monotonic() + 30
    while not good():
        assert time.monotonic() < deadline
        time.sleep(0.1)


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_fronts_know_of_each_other(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    given, config = {}, ""
    if kind == "postgres":
        server = request.getfixturevalue("postgres")
        given = {"database__url": server.url(server.new_database())}
        config = f'[database]\nurl = "{given["database__url"]}"\n'
        (tmp_path / "state").mkdir()
    settings = probe_settings(tmp_path, **given)
    if given:
        with closing(Database(settings)) as database:
            upgrade(database, [CORE_OWNER])
    assert max(SECONDS, PERSONAL_SECONDS) <= 1  # and a second for the question
    with (
        closing(Database(settings)) as database,
        serving(tmp_path, config=config, name="one.txt") as first,
        serving(tmp_path, config=config, name="two.txt") as second,
    ):
        tokens = Tokens(settings.auth, SECRET_KEY, Revocations(database), PersonalTokens(database), ())
        owner = bearer(tokens.issue(Identity(provider="local", subject="a", username="a")))
        old = legacy()
        one, two = first.address(), second.address()

        def status(address: tuple[str, int], headers: Headers) -> int:
            return ask(address, "GET", PATH, headers)[0]

        made = ask(one, "POST", "/v4/auth/tokens", owner, b'{"name": "x"}')
        personal = json.loads(made[2])
        script = bearer(personal["token"])
        for headers in (owner, old, script):
            assert (status(one, headers), status(two, headers)) == (200, 200)
        assert ask(one, "DELETE", f"/v4/auth/tokens/{personal['id']}", owner)[0] == 200
        assert ask(one, "POST", "/v4/auth/logout", old)[0] == 200
        until(lambda: status(two, script) == 401)
        until(lambda: status(two, old) == 401)
        assert ask(two, "POST", "/v4/auth/logout", owner)[0] == 200
        until(lambda: status(one, owner) == 401)


def test_revocation_is_seen_after_all_that_was_known_expired(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The list is read on from its last number, so none may come again."""
    monkeypatch.setattr("mestral.auth.revocations.SECONDS", -1.0)
    (tmp_path / "state").mkdir()

    async def work(database: Database) -> None:
        first, second = Revocations(database), Revocations(database)
        over = [{"jti": str(number), "expires": int(time.time()) - 1} for number in range(300)]
        database.work(lambda c: c.execute(revocations.insert(), over) and None, writes=True)
        assert not await second.holds("0" * 32)
        await first.add("new", time.time() + 600)  # takes out what expired
        assert await second.holds("new")

    with closing(Database(probe_settings(tmp_path))) as database:
        upgrade(database, [CORE_OWNER])
        asyncio.run(work(database))
