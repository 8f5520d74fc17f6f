"""Properties of the parts: merging, forms, placeholders and whole files of any shape."""

import copy
import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mestral_experiments.sources.configuration import load_configuration
from mestral_experiments.sources.configuration.limits import Budget
from mestral_experiments.sources.configuration.placeholders import has_placeholders, resolve, resolve_late
from mestral_experiments.sources.configuration.sections import fill, merge, normalise
from mestral_experiments.sources.faults import Damaged, Fault

# Sections and values have names of their own, so that a key is a section everywhere or nowhere.
_values = st.dictionaries(st.sampled_from("abc"), st.integers(0, 9) | st.text("x%", max_size=2), max_size=3)
_sections: st.SearchStrategy[dict[str, Any]] = st.recursive(
    _values,
    lambda inner: st.builds(lambda a, b: {**a, **b}, _values, st.dictionaries(st.sampled_from("XYZ"), inner)),
    max_leaves=6,
)


def merged(*parts: dict[str, Any]) -> dict[str, Any]:
    data: dict[str, Any] = {}
    for part in parts:
        merge(data, copy.deepcopy(part))
    return data


def filled(high: dict[str, Any], low: dict[str, Any]) -> dict[str, Any]:
    data = copy.deepcopy(high)
    fill(data, copy.deepcopy(low))
    return data


@given(_sections, _sections, _sections)
def test_merging_is_associative_and_filling_is_merging_the_other_way_round(
    a: dict[str, Any], b: dict[str, Any], c: dict[str, Any]
) -> None:
    assert merged(merged(a, b), c) == merged(a, merged(b, c))
    assert filled(a, b) == merged(b, a)
    assert merged(a, a) == a
    assert merged({}, a) == merged(a, {}) == a


_texts = st.text("ABabx,&?[] :%\n0", max_size=8)
_odd: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | _texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_texts, inner, max_size=3),
    max_leaves=5,
)
_statuses = st.fixed_dictionaries({"STATUS": st.sampled_from(["failed?", "READY", "x"])})
_jobs = st.dictionaries(
    st.sampled_from(["DEPENDENCIES", "ADDITIONAL_FILES", "WALLCLOCK", "NOTIFY_ON", "CUSTOM_DIRECTIVES"]),
    _odd | st.dictionaries(_texts, _statuses),
)
_wrappers = st.dictionaries(st.sampled_from(["TYPE", "JOBS_IN_WRAPPER"]), _odd)


@given(_jobs | _odd, _wrappers | _odd)
def test_the_one_form_stays_as_it_is(job: Any, wrapper: Any) -> None:
    data = {"DEFAULT": {"HPCARCH": "Mn5"}, "JOBS": {"A": job}, "WRAPPERS": {"W": wrapper}}
    normalise(data)
    once = copy.deepcopy(data)
    normalise(data)
    assert data == once


_names = st.sampled_from(["A", "B", "C.D", "C", "E", "^A", "^C.D", "NOPE", ""])
_pieces = st.one_of(_names.map(lambda name: f"%{name}%"), st.sampled_from(["x", "%", "-"]))
_with_placeholders = st.lists(_pieces, max_size=4).map("".join)
_referring = st.fixed_dictionaries(
    {
        "A": _with_placeholders,
        "B": _with_placeholders,
        "C": st.fixed_dictionaries({"D": _with_placeholders}),
        "E": st.lists(_with_placeholders, max_size=2),
    }
)


@settings(max_examples=300, deadline=None)
@given(_referring)
def test_placeholders_always_end(data: dict[str, Any]) -> None:
    before = copy.deepcopy(data)
    try:
        resolve(data, Budget(characters=100_000))
        resolve_late(data, Budget(characters=100_000))
    except Damaged:
        assert has_placeholders(before)
        return
    assert len(json.dumps(data)) < 250_000
    if not has_placeholders(before):
        assert data == before


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=60) | st.text("AFORNME:%{}[]-,\n '\"*&<!|ab1", max_size=60).map(str.encode), _odd)
def test_any_file_is_read_or_is_a_fault(folder: Path, content: bytes, section: Any) -> None:
    (folder / "conf/a.yml").write_bytes(content)
    shape = dict.fromkeys(["JOBS", "WRAPPERS", "DEFAULT", "PLATFORMS", "PROJECT"], section)
    (folder / "conf/b.yml").write_text(json.dumps({**shape, "Q": {"FOR": section}}))
    with suppress(Fault):
        assert isinstance(load_configuration(folder, "t0e1")[0].data, dict)


@pytest.fixture(autouse=True)
def _no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files that are new are read three times before they count as damaged; not here."""
    monkeypatch.setattr("mestral_experiments.sources.configuration._TRIES", 1)
