"""A new signing key: tokens of the old one go on for a while, and none is signed by it any more."""

import asyncio
from pathlib import Path

import jwt
import pytest
from tests.auth.kinds import legacy, login
from tests.auth.test_tokens import OTHER_KEY
from tests.http.conftest import MakeClient
from tests.probe import SECRET_KEY, probe_settings

from mestral import Platform
from mestral.auth.attempts import Attempts
from mestral.auth.keys import key_id
from mestral.auth.once import Once
from mestral.database.engine import Database
from mestral.database.migrations import CORE_OWNER, upgrade
from mestral.errors import LoginRefused
from mestral.settings import SettingsError

PATH = "/x/probe/items/a"


def test_old_keys_check_and_do_not_sign(make_client: MakeClient) -> None:
    before = make_client()
    own, theirs = login(before), legacy()
    after = make_client(auth__secret_key=OTHER_KEY, auth__old_secret_keys=[SECRET_KEY])
    without = make_client(auth__secret_key=OTHER_KEY)
    for headers in (own, theirs):
        assert after.get(PATH, headers=headers).status_code == 200
        assert without.get(PATH, headers=headers).status_code == 401
    new = login(after)
    assert jwt.get_unverified_header(new["Authorization"].split()[1])["kid"] == key_id(OTHER_KEY)
    assert before.get(PATH, headers=new).status_code == 401
    assert after.get(PATH, headers=legacy(key=OTHER_KEY)).status_code == 200
    assert after.post("/v4/auth/logout", headers=theirs).status_code == 200
    assert after.get(PATH, headers=theirs).status_code == 401


def test_login_that_began_before_the_key_changed_ends_after_it(tmp_path: Path) -> None:
    (tmp_path / "state").mkdir()
    old = probe_settings(tmp_path)
    database = Database(old)
    upgrade(database, [CORE_OWNER])
    begun, cookie = Attempts(old, SECRET_KEY, Once(database)).begin("cas", "https://hub.example.org", "", "")
    cookies = {cookie.key: str(cookie.value)}
    state = begun.attempt.state
    rotated = probe_settings(tmp_path, auth__secret_key=OTHER_KEY, auth__old_secret_keys=[SECRET_KEY])
    forgotten = probe_settings(tmp_path, auth__secret_key=OTHER_KEY)
    with pytest.raises(LoginRefused):
        asyncio.run(Attempts(forgotten, OTHER_KEY, Once(database)).end("cas", state, cookies))
    ended, _ = asyncio.run(Attempts(rotated, OTHER_KEY, Once(database)).end("cas", state, cookies))
    assert ended == begun
    database.close()


@pytest.mark.parametrize(
    ("keys", "says"), [(["short"], "has 5 bytes"), ([SECRET_KEY, "a" * 40], "entry 2: the key repeats")]
)
def test_old_key_that_can_be_guessed_is_refused(tmp_path: Path, keys: list[str], says: str) -> None:
    with pytest.raises(SettingsError, match=says) as caught:
        probe_settings(tmp_path, auth__old_secret_keys=keys)
    assert not any(key in str(caught.value) for key in keys)


def test_old_keys_are_masked_wherever_settings_are_shown(make_client: MakeClient) -> None:
    platform: Platform = make_client(auth__old_secret_keys=[OTHER_KEY]).app.state.platform
    assert OTHER_KEY not in repr(platform.settings)
