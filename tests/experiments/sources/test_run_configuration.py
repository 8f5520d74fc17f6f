"""The configuration that a run was made with."""

import json
from pathlib import Path

import pytest
from tests.experiments.sources.making import experiment, history, source, tree

from mestral import Problem

ROW = experiment("a001")


def stored(root: Path, *values: object) -> None:
    """A history whose runs 1, 2, ... have these values as their metadata."""
    tree(root, "a001")
    runs = [(number, "", 1, 0, "", 0, 0, 0, 0, 0, 0, 0, 0, value) for number, value in enumerate(values, 1)]
    history(root, "a001", *runs)


def test_keys_and_their_order_are_as_stored(tmp_path: Path) -> None:
    data = {"conf": {"b": "1"}, "exp": None, "a": [1, 2.5, {"é": "ü"}], "Z": 2**80, "flag": False}
    stored(tmp_path, json.dumps(data), "{}", None, "", '{"X":NaN,"Y":[-Infinity,1e999]}')
    reading = source(tmp_path)
    found = reading.run_configuration(ROW, 1)
    assert found == data
    assert list(found or ()) == list(data)
    assert [reading.run_configuration(ROW, number) for number in (2, 3, 4)] == [{}, {}, {}]
    assert reading.run_configuration(ROW, 5) == {"X": None, "Y": [None, None]}


@pytest.mark.parametrize("run_id", [0, -1, 2, 2**63, -(2**63) - 1, 10**400])
def test_no_such_run(tmp_path: Path, run_id: int) -> None:
    stored(tmp_path, "{}")
    assert source(tmp_path).run_configuration(ROW, run_id) is None


NESTED = '{"a":' * 700 + "1" + "}" * 700


@pytest.mark.parametrize(
    "value", ["no json", "[1]", "null", '"x"', '{"a": 1', "[" * 100_000, NESTED, 5, b"\xff\xfe{"]
)
def test_damage_to_one_run_harms_no_other(tmp_path: Path, value: object) -> None:
    stored(tmp_path, value, '{"A":1}')
    reading = source(tmp_path)
    for _ in range(2):
        with pytest.raises(Problem) as caught:
            reading.run_configuration(ROW, 1)
        assert (caught.value.status, caught.value.message) == (
            503,
            "Error while reading the run configuration",
        )
        assert "Retry-After" not in caught.value.headers
        assert reading.run_configuration(ROW, 2) == {"A": 1}
    assert len(reading.runs(ROW)) == 2


def test_no_credentials_and_no_environment(tmp_path: Path) -> None:
    data = {
        "DATABASE_CONN_URL": "postgresql://user:hush@host/db",
        "AS_ENV_TOKEN": "hush",
        "AS_ENV_CURRENT_USER": None,
        "PLATFORMS": {"MN5": {"USER": "me", "PASSWORD": "hush", "HOST": "https://me:hush@host"}},
    }
    stored(tmp_path, json.dumps(data))
    found = source(tmp_path).run_configuration(ROW, 1)
    assert found is not None
    assert "hush" not in json.dumps(found)
    assert list(found) == ["DATABASE_CONN_URL", "AS_ENV_CURRENT_USER", "PLATFORMS"]
    assert (found["DATABASE_CONN_URL"], found["PLATFORMS"]["MN5"]["USER"]) == ("", "me")
