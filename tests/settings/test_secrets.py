"""Secrets: read from variables and files, shown nowhere."""

from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec
import pytest

from mestral.settings import Secret, Settings, SettingsError
from mestral.settings.secret import mask_urls

Load = Callable[..., Settings]

KEY = "s3cr3t-Zm9vYmFyYmF6cXV4-0123456789"
TOKEN = "t0k3n-cXV4YmF6YmFyZm9v-9876543210"


@pytest.mark.parametrize(
    ("toml", "environ"),
    [
        (f'[auth]\nsecret_key = "{KEY}"', {}),
        ("", {"SECRET_KEY": KEY}),
        ("", {"MESTRAL_AUTH__SECRET_KEY": KEY}),
        ('[auth]\nsecret_key_file = "key"', {}),
        ("", {"SECRET_KEY_FILE": "key"}),
        ("", {"MESTRAL_AUTH__SECRET_KEY_FILE": "key"}),
        ('[auth]\nsecret_key_file = "/nowhere"', {"MESTRAL_AUTH__SECRET_KEY": KEY}),
        (f'[auth]\nsecret_key = "{TOKEN}"', {"MESTRAL_AUTH__SECRET_KEY_FILE": "key"}),
        (f'[auth]\nsecret_key = "{KEY}"', {"SECRET_KEY_FILE": "/nowhere"}),
    ],
)
def test_secret_comes_from_the_strongest_place(load: Load, toml: str, environ: Mapping[str, str]) -> None:
    Path("key").write_text(f"\n {KEY}\n")
    settings = load(toml, environ)
    assert settings.auth.secret_key is not None
    assert settings.auth.secret_key.reveal() == KEY


def test_file_of_a_secret_may_be_in_the_home_folder(load: Load, tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home/key").write_text(KEY)
    settings = load('[auth]\nsecret_key_file = "~/key"')
    assert settings.auth.secret_key == Secret(KEY)
    assert (
        settings.origins["auth.secret_key"] == f"mestral.toml: [auth] secret_key_file ({tmp_path}/home/key)"
    )


@pytest.mark.parametrize("password", ["plain", "a/b", "a@b", "a:b", 'a"b', ""])
def test_passwords_in_urls_are_masked(password: str) -> None:
    text = f"cannot connect to postgresql://me:{password}@db/name and http://host:80/path, said a@b"
    assert mask_urls(text) == (
        "cannot connect to postgresql://me:********@db/name and http://host:80/path, said a@b"
    )


@pytest.mark.parametrize(
    ("content", "part"),
    [(b" \n", "is empty"), (b"\xff\xfe", "is not UTF-8 text"), (b"x" * 70_000, "is larger than")],
)
def test_unusable_file_of_a_secret_is_refused(load: Load, content: bytes, part: str) -> None:
    Path("key").write_bytes(content)
    with pytest.raises(SettingsError, match=part):
        load("", {"SECRET_KEY_FILE": "key"})


def test_unreadable_file_of_a_secret_is_refused(load: Load, as_nobody: Callable[[], object]) -> None:
    Path("key").write_text(KEY)
    Path("key").chmod(0)
    as_nobody()
    with pytest.raises(SettingsError, match="file key cannot be read: Permission denied"):
        load(None, {"SECRET_KEY_FILE": "key"})


def test_no_text_of_the_settings_shows_a_secret(load: Load) -> None:
    settings = load(
        f'[auth]\nsecret_token = "{TOKEN}"\n[plugins.x]\nclient_secret = "{KEY}"\nmany = ["{KEY}"]\n'
        f'[plugins.x.deep]\na = "{KEY}"',
        {"SECRET_KEY": KEY, "MESTRAL_PLUGINS__X__DEEP__B": KEY, "OIDC_CLIENT_SECRET": TOKEN},
    )
    assert settings.auth.secret_key == Secret(KEY)
    shown = f"{settings} {settings!r} {settings.environ} {settings.plugins.tables} {settings.auth!r}"
    assert Secret.MASK in shown
    assert KEY not in shown
    assert TOKEN not in shown
    with pytest.raises(TypeError):
        msgspec.json.encode(settings.auth)


@pytest.mark.parametrize(
    ("toml", "environ"),
    [
        (f'[auth]\nsecret_kye = "{KEY}"', {}),
        (f'[auht]\nsecret_key = "{KEY}"', {}),
        (f'secret_key = "{KEY}"', {}),
        (f'[auth]\nsecret_key = ["{KEY}"]', {}),
        (f'[auth]\nsecret_key = "{KEY}"\nsecret_key_file = "key"', {}),
        (f'[auth]\nsecret_key = "{KEY}', {}),
        (f"[auth]\nsecret_key = {KEY}", {}),
        ("", {"SECRET_KEY": KEY[:20]}),
        (f'auth = "{KEY}"', {}),
        ("", {"MESTRAL_AUTH__SECRET_KYE": KEY, "PORT": "x"}),
        ("", {"SECRET_KEY": KEY, "SECRET_KEY_FILE": "key"}),
    ],
)
def test_no_message_shows_a_secret(load: Load, toml: str, environ: Mapping[str, str]) -> None:
    with pytest.raises(SettingsError) as caught:
        load(toml, environ)
    shown = f"{caught.value} {caught.value!r} {caught.value.findings} {caught.value.settings}"
    assert KEY[:20] not in shown


def test_no_key_is_needed(load: Load) -> None:
    for level in ("ALL", "WRITEONLY", "NONE"):
        settings = load("", {"PROTECTION_LEVEL": level})
        assert settings.auth.secret_key is None
        assert settings.findings == ()
