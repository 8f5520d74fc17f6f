"""Credentials in configurations are masked, wherever somebody wrote them; other values stay as they are."""

from typing import Any

import pytest

from mestral_experiments.sources.credentials import without_credentials

MASK = "********"


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ({"PASSWORD": "x"}, {"PASSWORD": MASK}),
        ({"HPCPASSWORD": "x", "HPCAPI_KEY": "y"}, {"HPCPASSWORD": MASK, "HPCAPI_KEY": MASK}),
        ({"db_password": 12, "Token": ["a", "b"]}, {"db_password": MASK, "Token": [MASK, MASK]}),
        ({"A": [{"API_KEY": "x", "ACCESS_KEY": 1.5}]}, {"A": [{"API_KEY": MASK, "ACCESS_KEY": MASK}]}),
        ({"PASSWORD": "", "SECRET": None, "TOKEN": False}, {"PASSWORD": "", "SECRET": None, "TOKEN": False}),
        ({"TOKEN": {"TYPE": "x", "SECRET": "y"}}, {"TOKEN": {"TYPE": "x", "SECRET": MASK}}),
        ({"DATABASE_CONN_URL": "postgresql://h/db"}, {"DATABASE_CONN_URL": ""}),
        (
            {"PROJECT_ORIGIN": "https://me:p@ss/w@h/x.git and ssh://git@h:22/y"},
            {"PROJECT_ORIGIN": f"https://me:{MASK}@h/x.git and ssh://git@h:22/y"},
        ),
    ],
)
def test_credentials_are_masked(written: Any, shown: Any) -> None:
    assert without_credentials(written) == shown


@pytest.mark.parametrize(
    "harmless",
    [
        {"TOKENS": 3, "KEY": "x", "PASSWORD_FILE": "f", "SECRETARY": "me", 1: "x"},
        "https://h:80/x",
        "mail me@h:x",
        "://:@"[:-1],
        [None, True, 1.5, "a@b"],
    ],
)
def test_what_is_no_credential_stays(harmless: Any) -> None:
    assert without_credentials(harmless) == harmless


@pytest.mark.timeout(10)
@pytest.mark.parametrize("text", ["://a:" * 400_000, "@" + "://a:" * 400_000, "://:@" * 400_000])
def test_a_hostile_text_is_read_once(text: str) -> None:
    assert len(without_credentials(text)) > 0
