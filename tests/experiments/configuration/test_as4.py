"""Autosubmit 4: merging, custom files, placeholders, loops and the forms of sections.

Every expected value was seen in Autosubmit 4.1.17.1 for such files, save where a comment says that it fails.
"""

from collections.abc import Callable
from typing import Any

import pytest

Load = Callable[..., dict[str, Any]]
CUSTOM = "DEFAULT: {{EXPID: t0e1, HPCARCH: local, CUSTOM_CONFIG: {}}}\n"
PRE_POST = CUSTOM.format('{PRE: "%ROOTDIR%/c/pre.yml", POST: "%ROOTDIR%/c/post.yml"}')


# --- merging ---


def test_files_are_merged_in_name_order_and_keys_are_upper_case(load: Load) -> None:
    data = load(
        {
            "conf/b.yml": "X: {A: b, B: [1]}",
            "conf/a.yml": "x: {a: a, b: [2, 3], c: {d: 1}}",
            "conf/c.yaml": "X: {C: {e: 2}, 2: two, true: yes, null: q}",
            "conf/Z.yml": "X: {A: Z}",
            "conf/.hidden.yml": "H: 1",
            "conf/other.txt": "O: 1",
            "conf/sub/s.yml": "S: 1",
            "conf/dir.yml/s.yml": "S: 1",
        }
    )
    assert data["X"] == {"A": "b", "B": [1], "C": {"D": 1, "E": 2}, "2": "two", "TRUE": "yes", "NONE": "q"}
    assert data["H"] == 1
    assert "O" not in data
    assert "S" not in data


def test_a_section_replaces_a_value_and_the_other_way_round_and_null_counts(load: Load) -> None:
    data = load(
        {"conf/a.yml": "X: {A: {q: 1}, B: {q: 1}}\nY: 1\nZ:", "conf/b.yml": "X: {A: 5, B: {}}\nY:\nZ: {q: 1}"}
    )
    assert (data["X"], data["Y"], data["Z"]) == ({"A": 5, "B": {"Q": 1}}, None, {"Q": 1})


def test_minimal_files_only_fill_gaps_and_are_bound_by_themselves(load: Load) -> None:
    data = load(
        {
            "conf/minimal.yml": 'X: {A: min, B: 1}\nL: [1]\nN: 1\nV: min\nM: "%V%"\nW: "%C%"',
            "conf/my_minimal.yaml": "X: {A: my, D: 4}",
            "conf/a.yml": "X: {A: a, C: 2}\nL: [2]\nN:\nV: conf\nC: c1",
            "conf/z.yml": "C: c2",
        }
    )
    assert data["X"] == {"A": "a", "B": 1, "C": 2, "D": 4}
    assert (data["L"], data["N"]) == ([2], None)
    assert (data["M"], data["W"]) == ("min", "c1")


@pytest.mark.parametrize(("value", "kept"), [("true", False), ("yes", False), ("0", True), ("", True)])
def test_files_of_autosubmit_s_own_are_left_out(load: Load, value: str, kept: bool) -> None:
    assert ("X" in load({"conf/as_misc.yml": f"AS_MISC: {value}\nX: 1"})) is kept


def test_what_autosubmit_computes_cannot_be_set(load: Load, folder: Any) -> None:
    data = load(
        "HPCARCH: x\nHPCROOTDIR: /x\nHPCLOGDIR: /x\nROOTDIR: /x\nPROJDIR: /x\nHPCFOO: 1\nA: '%ROOTDIR%'"
    )
    assert data["HPCARCH"] == "LOCAL"
    assert data["HPCROOTDIR"] == f"{folder}/tmp"
    assert data["HPCLOGDIR"] == f"{folder}/tmp/LOG_t0e1"
    assert (data["ROOTDIR"], data["PROJDIR"]) == (str(folder), f"{folder}/proj/project_files")
    assert (data["A"], data["HPCFOO"]) == (str(folder), 1)


def test_the_last_expid_in_conf_holds_whatever_custom_files_say(load: Load) -> None:
    data = load(
        {
            "conf/minimal.yml": CUSTOM.format('{POST: "%ROOTDIR%/c/a.yml"}'),
            "c/a.yml": 'DEFAULT: {EXPID: other, Q: 1}\nX: "%DEFAULT.EXPID%"',
        }
    )
    assert (data["DEFAULT"]["EXPID"], data["DEFAULT"]["Q"], data["X"]) == ("t0e1", 1, "t0e1")


def test_the_last_expid_in_conf_holds_from_the_first_file_on(load: Load) -> None:
    data = load(
        {
            "conf/a.yml": "DEFAULT: {EXPID: one}\nX: '%DEFAULT.EXPID%'",
            "conf/b.yml": "DEFAULT: {EXPID: two}",
        }
    )
    assert (data["DEFAULT"]["EXPID"], data["X"]) == ("two", "two")


@pytest.mark.parametrize(
    ("project", "expected"),
    [
        ("", "proj/project_files"),
        ("PROJECT: {PROJECT_TYPE: git}", "proj/project_files"),
        ("PROJECT: {PROJECT_DESTINATION: ''}", "proj"),
        ("PROJECT: {PROJECT_DESTINATION: }", "proj"),  # fails in Autosubmit
        ("PROJECT: {PROJECT_DESTINATION: '%D%/x/'}\nD: dd", "proj/dd/x"),
        ("PROJECT: {PROJECT_DESTINATION: 12}", "proj/12"),  # fails in Autosubmit
        ("PROJECT: text", "proj/project_files"),  # fails in Autosubmit
    ],
)
def test_project_folder(load: Load, folder: Any, project: str, expected: str) -> None:
    assert load(project)["PROJDIR"] == f"{folder}/{expected}"


def test_description_comes_from_outside_unless_a_file_has_one(load: Load) -> None:
    assert load("X: '%DEFAULT.DESCRIPTION%'", description="the text")["X"] == "the text"
    assert load("DEFAULT: {DESCRIPTION: mine}", description="the text")["DEFAULT"]["DESCRIPTION"] == "mine"


def test_no_conf_folder_is_an_empty_configuration_and_an_empty_one_is_not(load: Load, folder: Any) -> None:
    assert load({})["DEFAULT"] == {"DESCRIPTION": ""}
    (folder / "conf").rmdir()
    assert load({}) == {}


# --- the main platform ---


@pytest.mark.parametrize(
    ("platform", "root"),
    [
        ("{USER: u, PROJECT: p, SCRATCH_DIR: /s}", "/s/p/u/t0e1"),
        ("{USER: u, PROJECT: /p, SCRATCH_DIR: /s}", "/p/u/t0e1"),
        ("{USER: u, PROJECT: 5, SCRATCH_DIR: /s}", "/s/5/u/t0e1"),  # fails in Autosubmit
        ("{USER: , PROJECT: p, SCRATCH_DIR: /s}", None),
        ("{USER: u, PROJECT: '', SCRATCH_DIR: /s}", None),
        ("{TYPE: ps}", None),
        ("", None),  # fails in Autosubmit
    ],
)
def test_folder_on_the_main_platform(load: Load, platform: str, root: str | None) -> None:
    data = load(f"DEFAULT: {{HPCARCH: '%H%'}}\nH: mn\nPLATFORMS: {{Mn: {platform}}}")
    assert data["HPCARCH"] == data["DEFAULT"]["HPCARCH"] == "MN"
    assert data.get("HPCROOTDIR") == root
    assert data.get("HPCLOGDIR") == (root and f"{root}/LOG_t0e1")


def test_keys_of_the_main_platform_are_shortcuts(load: Load) -> None:
    data = load(
        "DEFAULT: {HPCARCH: x}\nU: u\n"
        "PLATFORMS: {X: {USER: '%U%', PROJECT: p, SCRATCH_DIR: /s, Y: }}\n"
        "A: '%HPCUSER% %HPCROOTDIR%'\nB: '%^HPCUSER%'"
    )
    assert (data["HPCUSER"], data["HPCY"]) == ("u", None)
    assert (data["A"], data["B"]) == ("u /s/p/u/t0e1", "%^HPCUSER%")


@pytest.mark.parametrize("arch", ["", "HPCARCH: ", "HPCARCH: local"])
def test_local_is_the_default_platform(load: Load, folder: Any, arch: str) -> None:
    data = load(f"DEFAULT: {{{arch}}}")
    assert (data["HPCARCH"], data["HPCROOTDIR"]) == ("LOCAL", f"{folder}/tmp")


def test_a_platform_without_a_name_has_no_folder(load: Load) -> None:
    data = load("DEFAULT: {HPCARCH: ''}")
    assert data["HPCARCH"] == ""
    assert "HPCROOTDIR" not in data


# --- custom files ---


def test_pre_below_conf_below_post(load: Load) -> None:
    data = load(
        {
            "conf/minimal.yml": PRE_POST + "V: min\nX: {M: '%V%', Z: min}",
            "c/pre.yml": "V: pre\nX: {A: '%V%', B: '%W%', C: '%P%', D: '%^V%'}",
            "conf/z.yml": "V: conf\nW: w\nX: {E: '%V%'}",
            "c/post.yml": "V: post\nP: p\nX: {F: '%V%'}",
        }
    )
    assert data["V"] == "post"
    assert data["X"] == {
        "A": "pre", "B": "w", "C": "p", "D": "post", "E": "conf", "F": "post", "M": "min", "Z": "min"
    }  # fmt: skip


def test_conf_is_bound_by_itself_before_it_meets_pre(load: Load) -> None:
    data = load(
        {
            "conf/minimal.yml": PRE_POST,
            "c/pre.yml": "V: pre\nP: 1",
            "conf/a.yml": "X: {C: '%V%', D: '%P%'}",
            "conf/z.yml": "V: conf",
        }
    )
    assert data["X"] == {"C": "conf", "D": "1"}


ENTRIES = {
    '"%ROOTDIR%/c/a.yml"': {"A": 1},
    '"%ROOTDIR%/c/a.yml,%ROOTDIR%/c/b.yml"': {"A": 1, "B": 2},
    '"%ROOTDIR%/c/a.yml %ROOTDIR%/c/b.yml"': {"A": 1, "B": 2},
    '{PRE: ["%ROOTDIR%/c/a.yml", "%ROOTDIR%/c/b.yml"]}': {"A": 1, "B": 2},
    '{post: "%ROOTDIR%/c/b.yml, %ROOTDIR%/c/a.yml"}': {"A": 1, "B": 2},
    '"%ROOTDIR%/c"': {"A": 1, "B": 2, "C": 3},
    '"%ROOTDIR%/c/"': {"A": 1, "B": 2, "C": 3},
    '"%BASE%/a.yml"': {"A": 1},
    '"%ROOTDIR%/c/a.yml, %ROOTDIR%/%NEXT%"': {"A": 1, "B": 2},
    '"/nowhere/a.yml, %ROOTDIR%/c/a.yml, %NOPE%/b.yml"': {"A": 1},
    '"c/a.yml"': {},
    '"../c/a.yml"': {},
    '"%ROOTDIR%/c/*.yml"': {},
    '["%ROOTDIR%/c/a.yml"]': {},
    "5": {},
    "": {},
    "{PRE: {a: b}, POST: 5}": {},  # fails in Autosubmit
    '"%ROOTDIR%/c/text"': {"T": 1},
    '"%ROOTDIR%/c/a.yml\\0"': {},
}


@pytest.mark.parametrize(("custom", "found"), ENTRIES.items(), ids=list(ENTRIES))
def test_where_custom_files_are_found(load: Load, custom: str, found: dict[str, int]) -> None:
    data = load(
        {
            "conf/minimal.yml": CUSTOM.format(custom) + 'BASE: "%ROOTDIR%/%SUB%"\nSUB: c',
            "c/a.yml": "X: {A: 1}\nNEXT: c/b.yml",
            "c/b.yml": "X: {B: 2}",
            "c/c.yaml": "X: {C: 3}",
            "c/as_misc.yml": "AS_MISC: true\nX: {M: 1}",
            "c/sub/d.yml": "X: {D: 4}",
            "c/text": "X: {T: 1}",
        }
    )
    assert data.get("X", {}) == found


def test_custom_config_is_shown_with_its_placeholders_filled_in(load: Load, folder: Any) -> None:
    shown = load({"conf/minimal.yml": CUSTOM.format('{PRE: ["%ROOTDIR%/a", "%NOPE%"], POST: "%PROJDIR%/p"}')})
    pre, post = f"{folder}/a,%NOPE%", f"{folder}/proj/project_files/p"
    assert shown["DEFAULT"]["CUSTOM_CONFIG"] == {"PRE": pre, "POST": post}


def test_custom_files_that_name_further_ones(load: Load) -> None:
    further = 'DEFAULT: {CUSTOM_CONFIG: {PRE: "%ROOTDIR%/c/b.yml", POST: "%ROOTDIR%/c/p.yml"}}\n'
    files = {
        "c/a.yml": further + "X: {A: a, B: 1}",
        "c/b.yml": 'X: {A: b, B: b, C: 1, K: b}\nDEFAULT: {CUSTOM_CONFIG: "%ROOTDIR%/c/a.yml"}',  # a loop
        "c/p.yml": "X: {A: p, P: 1, J: p}",
        "conf/j.yml": "X: {J: j, K: j}",
    }
    for when, j in (("PRE", "j"), ("POST", "p")):
        custom = CUSTOM.format(f'{{{when}: "%ROOTDIR%/c/a.yml"}}')
        data = load({**files, "conf/minimal.yml": custom})
        assert data["X"] == {"A": "p", "B": 1, "C": 1, "P": 1, "J": j, "K": "j"}
        assert data["DEFAULT"]["CUSTOM_CONFIG"][when].endswith("/c/a.yml")


def test_a_custom_file_is_taken_once(load: Load) -> None:
    custom = CUSTOM.format('{PRE: "%ROOTDIR%/c/a.yml", POST: "%ROOTDIR%/c/../c/a.yml"}')
    assert load({"conf/minimal.yml": custom, "c/a.yml": "X: a", "conf/z.yml": "X: z"})["X"] == "z"


def test_conf_names_custom_files_over_what_minimal_names(load: Load) -> None:
    data = load(
        {
            "conf/minimal.yml": CUSTOM.format('"%ROOTDIR%/c/a.yml"'),
            "conf/z.yml": 'DEFAULT: {CUSTOM_CONFIG: "%ROOTDIR%/c/b.yml"}',
            "c/a.yml": "A: 1",
            "c/b.yml": "B: 1",
        }
    )
    assert "A" not in data
    assert data["B"] == 1


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
    settings = {"LOCAL_ROOT_DIR": "/root/of/all", "LOG_RECOVERY_TIMEOUT": 60}
    data = load("X: '%LOCAL_ROOT_DIR%/%^LOCAL_ROOT_DIR%'\nY: '%LOG_RECOVERY_TIMEOUT%'", settings=settings)
    assert (data["X"], data["Y"]) == ("/root/of/all//root/of/all", "60")
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


# --- jobs and wrappers ---

JOBS: dict[str, dict[str, Any]] = {
    "DEPENDENCIES: 'B c-1'": {"DEPENDENCIES": {"B": {}, "C-1": {}}},
    "DEPENDENCIES: {b: , c: {status: failed}}": {
        "DEPENDENCIES": {"B": None, "C": {"STATUS": "FAILED", "ANY_FINAL_STATUS_IS_VALID": False}}
    },
    "DEPENDENCIES: {b: {STATUS: 'failed?'}}": {
        "DEPENDENCIES": {"B": {"STATUS": "FAILED", "ANY_FINAL_STATUS_IS_VALID": True}}
    },
    "DEPENDENCIES: {b: {STATUS: running, ANY_FINAL_STATUS_IS_VALID: false}}": {
        "DEPENDENCIES": {"B": {"STATUS": "RUNNING", "ANY_FINAL_STATUS_IS_VALID": True}}
    },
    "DEPENDENCIES: [a]": {"DEPENDENCIES": {}},
    "DEPENDENCIES: ": {"DEPENDENCIES": {}},
    "FILE: 'a.sh,b.sh c.sh'": {"FILE": "a.sh", "ADDITIONAL_FILES": ["b.sh c.sh"]},
    "FILE: 'a.sh b.sh,c.sh'": {"FILE": "a.sh", "ADDITIONAL_FILES": ["b.sh"]},
    "FILE: 'a.sh b.sh'": {"FILE": "a.sh", "ADDITIONAL_FILES": ["b.sh"]},
    "FILE: [a.sh, b.sh]": {"FILE": "a.sh", "ADDITIONAL_FILES": ["b.sh"]},
    "FILE: a.sh, ADDITIONAL_FILES: [q]": {"FILE": "a.sh", "ADDITIONAL_FILES": ["q"]},
    "FILE: ''": {"FILE": ""},
    "FILE: 5": {"FILE": 5},
    "WALLCLOCK: 01:02:03": {"WALLCLOCK": "01:02"},
    "WALLCLOCK: '1:2:3'": {"WALLCLOCK": "1:2:3"},
    "WALLCLOCK: 90:00": {"WALLCLOCK": "90:00"},
    "WALLCLOCK: '%W%'": {"WALLCLOCK": "00:10"},
    "WALLCLOCK: 5": {"WALLCLOCK": 5},
    "NOTIFY_ON: failed completed": {"NOTIFY_ON": ["FAILED", "COMPLETED"]},
    "NOTIFY_ON: 'failed, completed'": {"NOTIFY_ON": ["FAILED", "COMPLETED"]},
    "NOTIFY_ON: [failed]": {"NOTIFY_ON": ["FAILED"]},
    "NOTIFY_ON: ": {"NOTIFY_ON": None},
    "CUSTOM_DIRECTIVES: ['#a', \"#b\"]": {"CUSTOM_DIRECTIVES": "['#a', '#b']"},
}


@pytest.mark.parametrize(("written", "job"), JOBS.items(), ids=list(JOBS))
def test_the_one_form_of_a_job(load: Load, written: str, job: dict[str, Any]) -> None:
    complete = {"DEPENDENCIES": {}, "FILE": "", "ADDITIONAL_FILES": []} | job
    assert load(f"JOBS: {{a: {{{written}}}}}\nW: 00:10:30")["JOBS"] == {"A": complete}


def test_dependencies_of_several_files_add_up(load: Load) -> None:
    job = "JOBS: {{A: {{DEPENDENCIES: {}}}}}"
    data = load({"conf/a.yml": job.format("B C"), "conf/b.yml": job.format("D")})
    assert data["JOBS"]["A"]["DEPENDENCIES"] == {"B": {}, "C": {}, "D": {}}


WRAPPERS = {
    "sim&da": ["SIM", "DA"],
    "sim  da": ["SIM", "DA"],
    "'a, b c'": ["A", "B C"],
    "'a&b, c'": ["A&B", "C"],
    "'[sim, da]'": ["SIM", "DA"],
    "[sim, Da]": ["SIM", "DA"],
}


@pytest.mark.parametrize(("written", "jobs"), WRAPPERS.items(), ids=list(WRAPPERS))
def test_the_one_form_of_a_wrapper(load: Load, written: str, jobs: list[str]) -> None:
    data = load(f"WRAPPERS: {{POLICY: flexible, w: {{TYPE: Vertical, JOBS_IN_WRAPPER: {written}}}}}")
    assert data["WRAPPERS"] == {"POLICY": "flexible", "W": {"TYPE": "vertical", "JOBS_IN_WRAPPER": jobs}}


@pytest.mark.parametrize("name", ["JOBS", "WRAPPERS", "PLATFORMS", "DEFAULT", "PROJECT", "CONFIG"])
@pytest.mark.parametrize("value", ["", "5", "text", "[a, b]", "{A: , B: 5, C: [1], D: text}"])
def test_sections_of_another_type_than_expected_harm_nothing(load: Load, name: str, value: str) -> None:
    data = load(f"{name}: {value}\nX: '%{name}.A.B%'")  # most of these fail in Autosubmit
    assert data["X"] == f"%{name}.A.B%"
    assert data["HPCARCH"] == "LOCAL"
