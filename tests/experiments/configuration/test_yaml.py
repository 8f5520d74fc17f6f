"""YAML 1.2: what is read is what Autosubmit's own parser reads, and hostile files cost nothing."""

import math
import tracemalloc
from datetime import date, datetime, timedelta, timezone
from typing import Any

import pytest
import yaml as pyyaml
from hypothesis import example, given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from mestral_experiments.sources.configuration import yaml
from mestral_experiments.sources.configuration.limits import MAX_DEPTH, Budget
from mestral_experiments.sources.faults import Damaged


def read(text: str | bytes) -> Any:
    return yaml.load(text.encode() if isinstance(text, str) else text, Budget())


SCALARS: dict[str, Any] = {
    "00:05": "00:05",
    "1:30": "1:30",
    "190:20:30": "190:20:30",
    "yes": "yes",
    "No": "No",
    "on": "on",
    "true": True,
    "False": False,
    "tRue": "tRue",
    "4.1.17": "4.1.17",
    "4.1": 4.1,
    "012": 12,
    "08": 8,
    "0o17": 15,
    "0o8": "0o8",
    "0x1F": 31,
    "0b11": 3,
    "0b": "0b",
    "1_000": 1000,
    "_1": "_1",
    "+1": 1,
    "-0": 0,
    "+": "+",
    "1.": 1.0,
    ".5": 0.5,
    "-.5": -0.5,
    ".1e1": ".1e1",
    "1e3": 1000.0,
    "1.5e+3": 1500.0,
    "1e": "1e",
    ".": ".",
    ".inf": math.inf,
    "-.INF": -math.inf,
    "~": None,
    "": None,
    "Null": None,
    "nULL": "nULL",
    "=": "=",
    "<<": "<<",
    "2024-01-01": date(2024, 1, 1),
    "2024-1-1": "2024-1-1",
    "2024-13-45": "2024-13-45",
    "2024-01-01 10:00:00": datetime(2024, 1, 1, 10),
    "2024-01-01T10:00:00.25+02:00": datetime(2024, 1, 1, 10, 0, 0, 250000, timezone(timedelta(hours=2))),
    "18446744073709551615": 2**64 - 1,
    "18446744073709551616": "18446744073709551616",
    "'012'": "012",
    '"yes"': "yes",
    "!rrule FREQ=YEARLY": "FREQ=YEARLY",
    "!x 12": "12",
    "!!str 012": "012",
    '!!int "3"': 3,
    "!!int x": "x",
    "!!float 1": 1.0,
    "!!null x": None,
    "!!python/object/apply:os.system [id]": ["id"],
    "!!python/name:os.system": "",
    "!t {b: 1}": {"b": 1},
}


@pytest.mark.parametrize(("written", "value"), SCALARS.items(), ids=list(SCALARS))
def test_a_scalar_means_what_it_means_in_yaml_1_2(written: str, value: Any) -> None:
    got = read(f"a: {written}")["a"]
    assert got == value
    assert type(got) is type(value)


def test_not_a_number_and_digits_without_end() -> None:
    assert math.isnan(read("a: .nan")["a"])
    assert read("a: " + "9" * 10_000)["a"] == "9" * 10_000


def test_structures_anchors_and_merge_keys() -> None:
    data = read(
        "a: &x {k: 1, z: 0}\nb: {<<: *x, z: 2}\nc: [*x, {d: {e: }}]\n"
        "f: {<<: [{p: 1}, {p: 2, q: 3}]}\n1: one\n"
    )
    assert data == {
        "a": {"k": 1, "z": 0},
        "b": {"z": 2, "k": 1},
        "c": [{"k": 1, "z": 0}, {"d": {"e": None}}],
        "f": {"p": 1, "q": 3},
        1: "one",
    }


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", None),
        ("# nothing\n", None),
        ("---\n", None),
        ("\ufeffa: 1", {"a": 1}),
        ("a: 1\r\nb: 2\r\n", {"a": 1, "b": 2}),
    ],
)
def test_empty_files_byte_order_marks_and_line_ends(text: str, value: Any) -> None:
    assert read(text) == value


BROKEN = {
    "not UTF-8": b"a: caf\xe9",
    "unclosed": b"a: [1",
    "two documents": b"a: 1\n---\nb: 2",
    "same key twice": b"a: 1\na: 2",
    "unknown alias": b"a: *nope",
    "alias of itself": b"a: &x {b: *x}",
    "merge of a scalar": b"a: {<<: 1}",
    "control character": b"a: \x01",
    "no YAML": b"a: b: c",
    "placeholder without quotes": b"a: %X%",
}


@pytest.mark.parametrize("content", BROKEN.values(), ids=list(BROKEN))
def test_what_is_broken_is_damaged_with_a_reason(content: bytes) -> None:
    with pytest.raises(Damaged, match=r"\w{3}"):
        read(content)


def test_billion_laughs_cost_no_memory_and_no_time() -> None:
    lines = ["l0: &l0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"l{i}: &l{i} [{', '.join([f'*l{i - 1}'] * 10)}]" for i in range(1, 12)]
    tracemalloc.start()
    try:
        with pytest.raises(Damaged, match="values once aliases"):
            read("\n".join(lines))
        assert tracemalloc.get_traced_memory()[1] < 5_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("opening", ["[", "{a: ", "- "])
def test_deep_nesting_is_refused(opening: str) -> None:
    with pytest.raises(Damaged):
        read(opening * 100_000)


def test_nesting_up_to_the_limit_is_read() -> None:
    value = read("[" * MAX_DEPTH + "]" * MAX_DEPTH)
    for _ in range(MAX_DEPTH - 1):
        value = value[0]
    assert value == []
    with pytest.raises(Damaged, match="nested"):
        read("[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1))


def test_line_breaks_of_yaml_1_1_alone_are_ordinary_characters() -> None:
    assert read("a: x\u2028y\nb: 'x\u2029y'") == {"a": "x\u2028y", "b": "x\u2029y"}


def test_what_utf_8_cannot_hold_is_no_text() -> None:
    """Half a surrogate pair: libyaml refuses the escape, ruamel.yaml, which reads this file, does not."""
    assert read('"a\u2028": ["\\ud800", "\\udfff b"]') == {"a\u2028": ["?", "? b"]}


def test_without_libyaml_the_same_comes_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pyyaml, "__with_libyaml__", False)
    for written, value in SCALARS.items():
        assert read(f"a: {written}") == {"a": value}
    for content in BROKEN.values():
        with pytest.raises(Damaged):
            read(content)
    with pytest.raises(Damaged):
        read("[" * 1000)


def plain(value: Any) -> Any:
    """What ruamel's round-trip classes hold."""
    if isinstance(value, dict):
        return {plain(key): plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    if hasattr(value, "tag") and hasattr(value, "value"):
        return value.value
    for kind in (bool, int, float, str):
        if isinstance(value, kind):
            return kind(value)
    return value


def of_ruamel(text: str) -> Any:
    return plain(YAML().load(text))  # the mode that Autosubmit uses


# without & ! *: libyaml allows fewer characters in names of anchors and tags, which nobody uses
_words = st.text("aAeEfFnNoOtTuUyYsS01289xX._+-:~<=# ,'\"%|>?@\t[]{}\n", max_size=12)
_numbers = st.from_regex(r"\A[-+]?[0-9a-fA-FxobeE._:+-]{1,8}\Z")


@settings(max_examples=250, deadline=None)
@given(st.one_of(_words, _numbers))
@example("0o17")
@example("1e5")
@example(".5e-3")
def test_any_scalar_is_read_as_ruamel_reads_it(text: str) -> None:
    compare(f"a: {text}\n")


_keys = st.sampled_from(["a", "B", "'c d'", "1", "~", "x-y", '"q"', "e f"])
_leaves = st.sampled_from(
    [
        *("1", "x y", "'it''s'", '"a\\tb"', "[1, {a: b}, c]", "{a: [], b: }"),
        *("*n", "&n v", "!t z", "# c", ""),
        *("|\n           t\n            u\n", ">-\n           t\n\n           u\n"),
    ]
)
_trees = st.recursive(
    st.lists(st.tuples(_keys, _leaves), max_size=4),
    lambda inner: st.lists(st.tuples(_keys, inner), max_size=4),
    max_leaves=8,
)


@pytest.mark.filterwarnings("ignore::ruamel.yaml.error.ReusedAnchorWarning")
@settings(max_examples=120, deadline=None)
@given(_trees)
def test_any_document_is_read_as_ruamel_reads_it(tree: list[tuple[str, Any]]) -> None:
    compare("\n".join(written(tree, "")) + "\n")


def written(tree: list[tuple[str, Any]], indent: str) -> list[str]:
    """A tree of keys and values as lines of YAML."""
    lines: list[str] = []
    for key, item in tree:
        lines += (
            [f"{indent}{key}: {item}"]
            if isinstance(item, str)
            else [f"{indent}{key}:", *written(item, indent + "  ")]
        )
    return lines


def compare(text: str) -> None:
    """What ruamel accepts is read the same."""
    try:
        expected = of_ruamel(text)
    except Exception:
        return  # ruamel refuses it, or fails over it
    try:
        got = read(text)
    except Damaged as damage:
        raise AssertionError(f"{text!r} is {expected!r}, and we say {damage}") from damage
    assert repr(got) == repr(expected), text
