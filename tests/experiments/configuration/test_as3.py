"""Autosubmit 3: five ini files as the contract shows them (contract/API_V4.md 5.3)."""

from collections.abc import Callable
from typing import Any

import pytest

from mestral_experiments.model import Brief, Configuration
from mestral_experiments.sources.configuration import brief
from mestral_experiments.sources.faults import Fault

Load = Callable[..., dict[str, Any]]
EXPDEF = "[DEFAULT]\nEXPID = t0e1\nHPCARCH = mn4\n[experiment]\nMEMBERS = fc0 fc1\n"


def test_sections_options_defaults_and_comments(load: Load) -> None:
    data = load(
        {
            "conf/expdef_t0e1.conf": EXPDEF + "# no\n; no\n[rerun]\nRERUN = F\nrerun = x # kept\nEMPTY =\n",
            "conf/jobs_t0e1.conf": "[SIM]\nFILE: a.sh\nDEPENDENCIES = A\n  B\nFILE = b.sh\n",
            "conf/ignored.yml": "X: 1",
        }
    )
    default = {"EXPID": "t0e1", "HPCARCH": "mn4"}
    assert data == {
        "conf": {},
        "exp": {
            "experiment": {"MEMBERS": "fc0 fc1", **default},
            "rerun": {"RERUN": "F", "rerun": "x # kept", "EMPTY": "", **default},
        },
        "platforms": {},
        "jobs": {"SIM": {"FILE": "b.sh", "DEPENDENCIES": "A\nB"}},
        "proj": {},
    }


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("%(name)s/x", "v/x"),
        ("%(other)s", "v-v"),
        ("100%%", "100%"),
        ("100%", "100%"),
        ("%(nope)s", "%(nope)s"),
        ("%(name)s %(nope)s", "%(name)s %(nope)s"),
        ("%(itself)s", "%(itself)s"),
        ("%(name)d", "%(name)d"),
        ("%SECTION.KEY%", "%SECTION.KEY%"),
    ],
)
def test_what_cannot_be_filled_in_is_given_as_written(load: Load, written: str, shown: str) -> None:
    proj = f"[DEFAULT]\nname = v\n[s]\nother = %(name)s-%(name)s\nitself = %(itself)s\na = {written}\n"
    data = load({"conf/expdef_t0e1.conf": EXPDEF, "conf/proj_t0e1.conf": proj})
    assert data["proj"]["s"]["a"] == shown


def test_files_of_before_utf_8_are_read(load: Load) -> None:
    files: dict[str, str | bytes] = {"conf/expdef_t0e1.conf": EXPDEF.encode() + b"A = caf\xe9\n"}
    assert load(files)["exp"]["experiment"]["A"] == "café"
    assert load({"conf/expdef_t0e1.conf": EXPDEF + "A = café\n"})["exp"]["experiment"]["A"] == "café"


@pytest.mark.parametrize("text", ["A = 1\n", "[s]\nno value\n", "\0\0\0", "[s\nA = 1\n"])
def test_what_is_no_ini_file_is_damaged(load: Load, text: str) -> None:
    with pytest.raises(Fault):
        load({"conf/expdef_t0e1.conf": EXPDEF, "conf/jobs_t0e1.conf": text})


def test_references_that_multiply_are_refused(load: Load) -> None:
    laughs = "[s]\na0 = " + "x" * 100 + "\n"
    laughs += "".join(f"a{i} = {f'%(a{i - 1})s' * 20}\n" for i in range(1, 9))
    with pytest.raises(Fault):
        load({"conf/expdef_t0e1.conf": EXPDEF, "conf/proj_t0e1.conf": laughs})


@pytest.mark.parametrize(
    ("wrapper", "shown"),
    [("", None), ("TYPE = vertical", "VERTICAL"), ("TYPE = None", None), ("TYPE =", None)],
)
def test_the_three_values_of_a_search_row(load: Load, wrapper: str, shown: str | None) -> None:
    conf = f"[config]\nAUTOSUBMIT_VERSION = 3.13.0\n[wrapper]\n{wrapper}\n"
    data = load({"conf/expdef_t0e1.conf": EXPDEF, "conf/autosubmit_t0e1.conf": conf})
    assert brief(Configuration(data, as3=True)) == Brief("mn4", "3.13.0", shown)


def test_the_three_values_of_nothing_and_of_another_shape() -> None:
    nothing = Brief(None, None, None)
    assert brief(Configuration({}, as3=True)) == brief(Configuration({}, as3=False)) == nothing
    odd = {"HPCARCH": ["x"], "CONFIG": {"AUTOSUBMIT_VERSION": {}}, "WRAPPERS": {"A": 1, "B": {"TYPE": []}}}
    assert brief(Configuration(odd, as3=False)) == nothing


def test_the_types_of_several_wrappers_and_a_version_that_is_a_number(load: Load) -> None:
    data = load(
        "CONFIG: {AUTOSUBMIT_VERSION: 4.1}\nDEFAULT: {HPCARCH: mn5}\n"
        "WRAPPERS: {A: {TYPE: vertical}, B: {TYPE: horizontal}, C: {TYPE: Vertical}, QUEUE: q}"
    )
    assert brief(Configuration(data, as3=False)) == Brief("MN5", "4.1", "VERTICAL, HORIZONTAL")
