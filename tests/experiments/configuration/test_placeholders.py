"""Autosubmit 4: placeholders and loops.

Every expected value was seen in Autosubmit 4.1.17.1 for such files, save where a comment says that it fails.
"""

from collections.abc import Callable
from typing import Any

import pytest

Load = Callable[..., dict[str, Any]]


# --- placeholders ---

SOURCES = "A: {B: v, N: 5, F: 1.5, T: true, O: 0, L: [a, b], D: {q: w}, Z: , E: '', S: ' sp ', P-Q: r}\n"
TEXTS = {
    "%A.B%": "v",
    "%a.b%": "v",
    "%A.N%": "5",
    "%A.F%": "1.5",
    "%A.T%": "True",
    "%A.O%": "0",
    "%A.L%": "['a', 'b']",
    "%A.D%": "{'Q': 'w'}",
    "%A.D.Q%": "w",
    "%A.S%": " sp ",
    "%A.P-Q%": "r",
    "x%A.B%y%A.N%z": "xvy5z",
    "%A.B%%A.N%": "v5",
    "%A.N%%": "5%",
    "50% of %A.B% 100%": "50% of v 100%",
    "%A.NOPE%-%A.B%": "%A.NOPE%-v",
    "%A.Z%": "%A.Z%",
    "%A.E%": "%A.E%",
    "%%A.B%%": "%%A.B%%",
    "% A.B %": "% A.B %",
    "%A..B%": "%A..B%",
    "%A.B^^%": "%A.B^^%",
    "%A.B.C%": "%A.B.C%",  # fails in Autosubmit
    "%A.L.0%": "%A.L.0%",  # fails in Autosubmit
    "%^A.L%": "['a', 'b']",
    "a%^A.B%b%A.B%": "avbv",
    "%^A.NOPE%-%A.B%": "%^A.NOPE%-%A.B%",  # `%-%` counts as a placeholder
    "%^A.NOPE% %A.B%": "%^A.NOPE% v",
    "l1\nl2 %A.B%\n": "l1\nl2 v\n",
}


@pytest.mark.parametrize(("text", "filled"), TEXTS.items(), ids=list(TEXTS))
def test_what_a_placeholder_becomes(load: Load, text: str, filled: str) -> None:
    quoted = text.replace("\n", "\\n")
    assert load(f'{SOURCES}X: {{a: "{quoted}"}}')["X"]["A"] == filled


def test_placeholders_in_lists_and_never_in_keys(load: Load) -> None:
    # such a list fails in Autosubmit
    data = load('L: [{A: "%Q%"}, ["%Q%", {B: "%Q%"}], 5]\nQ: q\nM: {"%Q%": 1}')
    assert (data["L"], data["M"]) == ([{"A": "q"}, ["q", {"B": "q"}], 5], {"%Q%": 1})


def test_binding_is_early_unless_asked_to_be_late(load: Load) -> None:
    data = load(
        {
            "conf/a.yml": "Z: 1\nX: '%Z%'\nW: '%Y%-%Z%'\nV: '%^Z% %Z%'\nU: '%V%'\nT: '%LAST%'",
            "conf/b.yml": "Z: 2\nY: y",
            "conf/c.yml": "LAST: l",
        }
    )
    assert [data[key] for key in "XWVUT"] == ["1", "y-1", "2 1", "2 1", "l"]


def test_chains_cycles_and_texts_that_name_themselves(load: Load) -> None:
    # cycles fill the memory of Autosubmit
    data = load('A: "%B%"\nB: "%C%"\nC: "%D%"\nD: end\nE: "%F%"\nF: "%E%"\nG: "x%G%"\nH: {I: "%H%"}')
    assert [data[key] for key in "ABCD"] == ["end"] * 4
    assert data["G"] == "x%G%"
    assert data["E"] in ("%E%", "%F%")
    assert data["H"] == {"I": "%H%"}


def test_settings_are_named_but_not_listed(load: Load) -> None:
    settings = {"LOCAL_ROOT_DIR": "/srv/all", "LOG_RECOVERY_TIMEOUT": 60}
    data = load("X: '%LOCAL_ROOT_DIR%/%^LOCAL_ROOT_DIR%'\nY: '%LOG_RECOVERY_TIMEOUT%'", settings=settings)
    assert (data["X"], data["Y"]) == ("/srv/all//srv/all", "60")
    assert not settings.keys() & data.keys()


def test_nothing_of_the_environment(load: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AS_ENV_SECRET", "hush")
    monkeypatch.setenv("USER", "hush")
    data = load("X: '%AS_ENV_SECRET% $AS_ENV_SECRET %AS_ENV_CURRENT_USER%'")
    assert data["X"] == "%AS_ENV_SECRET% $AS_ENV_SECRET %AS_ENV_CURRENT_USER%"
    assert "hush" not in repr(data)


# --- loops ---


def jobs(data: dict[str, Any]) -> dict[str, Any]:
    """Jobs without the keys that all have."""
    usual = {"DEPENDENCIES": {}, "FILE": "", "ADDITIONAL_FILES": []}
    return {
        name: {k: v for k, v in job.items() if k not in usual or v != usual[k]}
        for name, job in data["JOBS"].items()
    }


def test_a_loop_makes_a_section_for_each_name(load: Load) -> None:
    data = load(
        'JOBS: {POST: {FOR: {NAME: [a, B], X: [1, 2], DEPENDENCIES: ["", {SIM: {STATUS: running}}]},'
        ' FILE: "p_%NAME%.sh q", D: {E: "%name%", F: ["%NAME%"]}, Y: "%X%"}}\nX: root'
    )
    assert jobs(data) == {
        "POST_A": {
            "NAME": "a", "X": "1", "FILE": "p_a.sh", "ADDITIONAL_FILES": ["q"], "D": {"E": "a", "F": ["a"]},
            "Y": "root", "DEPENDENCIES": {"": {}},
        },
        "POST_B": {
            "NAME": "B", "X": "2", "FILE": "p_B.sh", "ADDITIONAL_FILES": ["q"], "D": {"E": "B", "F": ["B"]},
            "Y": "root", "DEPENDENCIES": {"SIM": {"STATUS": "RUNNING", "ANY_FINAL_STATUS_IS_VALID": True}},
        },
    }  # fmt: skip


NAMES = {
    "[a, b]": ["A", "B"],
    '"%L%"': ["X", "Y"],
    '"[a, b]"': ["A", "B"],
    '"a b, c"': ["A B", "C"],
    "a": ["A"],
    "[1, 2.5, true, null]": ["1", "2.5", "TRUE", "NONE"],
    '"%NOPE%"': [],
    '""': [],  # fails in Autosubmit
    "[]": [],  # fails in Autosubmit
}


@pytest.mark.parametrize(("names", "sections"), NAMES.items(), ids=list(NAMES))
def test_names_of_a_loop(load: Load, names: str, sections: list[str]) -> None:
    data = load(f"L: [x, y]\nJOBS: {{P: {{FOR: {{NAME: {names}}}, K: 1}}}}")
    assert list(data["JOBS"]) == [f"P_{name}" for name in sections]


def test_loops_anywhere_within_each_other_and_over_sections_of_the_same_name(load: Load) -> None:
    data = load(
        {
            "conf/a.yml": "T: {FOR: {NAME: [q]}, V: {FOR: {NAME: [c, d]}, K: 1}}\n"
            "JOBS: {P: {FOR: {NAME: [a]}, X: 1}}",
            "conf/b.yml": "JOBS: {P_A: {X: 2, Y: 1}}",
        }
    )
    assert data["T_Q"] == {"V_C": {"K": 1, "NAME": "c"}, "V_D": {"K": 1, "NAME": "d"}, "NAME": "q"}
    assert jobs(data) == {"P_A": {"X": 2, "Y": 1, "NAME": "a"}}
    again = load({"conf/c.yml": "JOBS: {P: {FOR: {NAME: [a]}, Z: 1}}"})
    assert jobs(again) == {"P_A": {"Z": 1, "NAME": "a"}}
