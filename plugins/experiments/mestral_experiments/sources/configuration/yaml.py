"""YAML 1.2 as Autosubmit reads it, bounded.

Guarantees: `00:05`, `yes`, `on` and `4.1.17` stay text, `012` is twelve, `0o17` fifteen; a value with an
unknown tag comes back as plain text, list or mapping; no object is ever constructed. Duplicate keys, more
than one document, unknown aliases and recursive ones are errors. Nesting, and the number of values once
aliases are expanded, are limited, so "billion laughs" cost nothing.

The events come from libyaml (PyYAML), some forty times faster than a parser in Python; which scalar means
what is decided here, none of PyYAML's YAML 1.1 rules take part. What libyaml does otherwise than YAML 1.2 is
left to ruamel.yaml: texts with characters that only YAML 1.1 takes for line breaks, and everything where
PyYAML came without libyaml. (It also allows only letters, digits, `-` and `_` in the names of anchors.)
"""

import re
import sys
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import yaml

from mestral_experiments.sources import values
from mestral_experiments.sources.configuration.limits import MAX_DEPTH, Budget
from mestral_experiments.sources.faults import Damaged

_LINE_BREAKS_OF_1_1 = re.compile("[\x85\u2028\u2029]")
_MERGE = object()
_STANDARD = "tag:yaml.org,2002:"
_WORDS: dict[str, Any] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), float("inf")),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), float("-inf")),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), float("nan")),
    "<<": _MERGE,
}
_NUMERIC_STARTS = frozenset("+-.0123456789")
_INTEGER = re.compile(
    r"(?P<sign>[-+]?)(?:0b(?P<two>[01_]+)|0o(?P<eight>[0-7_]+)|0x(?P<sixteen>[0-9a-fA-F_]+)|(?P<ten>[0-9_]+))"
)
_FLOAT = re.compile(
    r"[-+]?[0-9][0-9_]*\.[0-9_]*(?:[eE][-+]?[0-9]+)?|[-+]?[0-9][0-9_]*[eE][-+]?[0-9]+|[-+]?\.[0-9_]+(?:[eE][-+][0-9]+)?"
)
_TIMESTAMP = re.compile(
    r"(\d{4})-(\d\d?)-(\d\d?)(?:(?:[Tt]|[ \t]+)(\d\d?):(\d\d):(\d\d)(?:\.(\d*))?"
    r"(?:[ \t]*(?:(Z)|([-+])(\d\d?)(?::(\d\d))?))?)?"
)
_BASES = (("two", 2), ("eight", 8), ("ten", 10), ("sixteen", 16))
_LARGEST = 2**64


def load(content: bytes, budget: Budget) -> Any:
    """The one document of a file; None for an empty one.

    Returns:
        dict (with keys of any scalar type), list, str, int, float, bool, date, datetime or None. Values
        behind aliases are shared.

    Raises:
        Damaged: When it is not UTF-8 or not YAML, or goes beyond the limits.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Damaged(f"not UTF-8: {error.reason} at byte {error.start}") from error
    events, errors = _parser(text)
    try:
        return _build(events, budget)
    except errors as error:
        raise Damaged(f"not YAML: {' '.join(str(error).split())}") from error


def _parser(text: str) -> tuple[Iterable[Any], type[Exception]]:
    """The parser's events, and the class of its errors. Both libraries name the classes of events alike."""
    if yaml.__with_libyaml__ and not _LINE_BREAKS_OF_1_1.search(text):
        return iter(yaml.CLoader(text).get_event, None), yaml.YAMLError
    from ruamel.yaml import YAML  # slow to import, rarely needed
    from ruamel.yaml.error import YAMLError

    return YAML(typ="safe", pure=True).parse(text), YAMLError


class _Open:
    """A mapping or list whose end has not come yet."""

    __slots__ = ("anchor", "items", "mapping", "nodes")

    def __init__(self, anchor: str | None, mapping: bool, nodes: int) -> None:
        self.anchor = anchor
        self.mapping = mapping
        self.nodes = nodes
        self.items: list[Any] = []


def _build(events: Iterable[Any], budget: Budget) -> Any:
    """One value from the events of a document, without recursion."""
    top = _Open(None, False, 0)
    stack = [top]
    anchors: dict[str, tuple[Any, int]] = {}
    nodes = documents = 0
    for event in events:
        kind = event.__class__.__name__
        size = 1
        if kind == "ScalarEvent":
            value = _scalar(event)
            anchor = event.anchor
        elif kind == "MappingStartEvent" or kind == "SequenceStartEvent":
            if len(stack) > MAX_DEPTH:
                raise Damaged(f"nested more than {MAX_DEPTH} deep")
            stack.append(_Open(event.anchor, kind == "MappingStartEvent", nodes))
            continue
        elif kind == "MappingEndEvent" or kind == "SequenceEndEvent":
            ended = stack.pop()
            value = _mapping(ended.items) if ended.mapping else _plain_items(ended.items)
            anchor = ended.anchor
            if anchor is not None:
                anchors[anchor] = (value, nodes + 1 - ended.nodes)
                anchor = None
        elif kind == "AliasEvent":
            if event.anchor not in anchors:
                raise Damaged(f"the alias *{event.anchor} means nothing before it, or itself")
            value, size = anchors[event.anchor]
            anchor = None
        else:
            documents += kind == "DocumentStartEvent"
            if documents > 1:
                raise Damaged("more than one document")
            continue
        if anchor is not None:
            anchors[anchor] = (value, 1)
        nodes += size
        budget.spend_nodes(size)
        stack[-1].items.append(value)
    return _plain_items(top.items)[0] if top.items else None


def _plain_items(items: list[Any]) -> list[Any]:
    """`<<` is text, save as a key."""
    return ["<<" if item is _MERGE else item for item in items] if _MERGE in items else items


def _mapping(items: list[Any]) -> dict[Any, Any]:
    """A mapping from keys and values in turn; what `<<` names comes after the mapping's own keys."""
    mapping: dict[Any, Any] = {}
    merged: list[Any] = []
    pairs = iter(items)
    for key, value in zip(pairs, pairs, strict=True):
        if value is _MERGE:
            value = "<<"
        if key is _MERGE:
            merged += value if isinstance(value, list) else [value]
            continue
        if isinstance(key, dict | list):
            key = str(key)
        if key in mapping:
            raise Damaged(f"the key {key!r} is given twice")
        mapping[key] = value
    for one in merged:
        if not isinstance(one, dict):
            raise Damaged("`<<` needs a mapping, or a list of them")
        for key, value in one.items():
            mapping.setdefault(key, value)
    return mapping


def _scalar(event: Any) -> Any:
    """The value of a scalar: by its form when plain, text when quoted; only standard tags are honoured."""
    text = values.text(event.value) or ""  # ruamel.yaml lets an escape make half a surrogate pair
    if event.implicit[0]:
        return _resolve(text)
    tag = event.tag
    if tag is None or not tag.startswith(_STANDARD):
        return text
    wanted = tag[len(_STANDARD) :]
    if wanted == "null":
        return None
    value = _resolve(text)
    if wanted == "float" and type(value) is int:
        return float(value)
    return value if type(value).__name__ == wanted else text


def _resolve(text: str) -> Any:
    """What a plain scalar means."""
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in _NUMERIC_STARTS:
        return text
    found = _INTEGER.fullmatch(text)
    if found:
        return _integer(text, found)
    if _FLOAT.fullmatch(text):
        digits = text.replace("_", "")
        return float(digits) if any(map(str.isdigit, digits)) else text
    found = _TIMESTAMP.fullmatch(text)
    return _timestamp(text, found) if found else text


def _integer(text: str, found: re.Match[str]) -> int | str:
    """An integer; text when it has no digit or no JSON reader could hold it."""
    for name, base in _BASES:
        digits = (found[name] or "").replace("_", "")
        if digits and len(digits) <= min(sys.int_info.default_max_str_digits, 128):
            value = int(found["sign"] + digits, base)
            return value if -_LARGEST // 2 <= value < _LARGEST else text
    return text


def _timestamp(text: str, found: re.Match[str]) -> date | datetime | str:
    """A date or time; text when there is no such day or hour."""
    year, month, day, hour, minute, second, fraction, utc, sign, zone_hours, zone_minutes = found.groups()
    try:
        if hour is None:
            return date(int(year), int(month), int(day)) if len(text) == len("2000-01-01") else text
        zone: timezone | None = UTC if utc else None
        if sign:
            offset = timedelta(hours=int(zone_hours), minutes=int(zone_minutes or 0))
            zone = timezone(-offset if sign == "-" else offset)
        microsecond = int(((fraction or "") + "000000")[:6])
        return datetime(
            int(year), int(month), int(day), int(hour), int(minute), int(second), microsecond, tzinfo=zone
        )
    except ValueError:
        return text
