"""Autosubmit 4: merging, the main platform, custom files, and the forms of jobs and wrappers.

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
