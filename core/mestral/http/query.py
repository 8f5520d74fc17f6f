"""Query parameters: text to values, with the rules and words of contract/API_V4.md 1.1 and 1.2.

Guarantees: unknown parameters are ignored, names are case-sensitive, the last value of a repeated one counts,
invalid UTF-8 becomes U+FFFD, numbers have no size limit up to `MAX_DIGITS`. All faults are reported at once,
in field order.
"""

import re
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import cache, partial
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin
from urllib.parse import parse_qsl

import msgspec
from litestar import Request

from mestral.errors import invalid

Params = TypeVar("Params", bound=msgspec.Struct)

MAX_DIGITS = sys.int_info.default_max_str_digits
"""Digits that Python converts without a check against attacks by quadratic time: 4300."""

_INTEGER = re.compile(r"([+-]?[0-9]+(?:_[0-9]+)*)(?:\.0+)?", re.ASCII)
_TRUE = frozenset(("true", "1", "yes", "on", "t", "y"))
_FALSE = frozenset(("false", "0", "no", "off", "f", "n"))


def parse_query(request: Request[Any, Any, Any], params: type[Params]) -> Params:
    """The query parameters of a request.

    Args:
        request: The request. params: A Struct whose fields are `str`, `int`, `bool` or a `Literal` of texts,
        each also `| None`, within
            the limits of msgspec's `Meta` (`ge`, `gt`, `le`, `lt`, `min_length`, `max_length`). A field
            without default is required.

    Raises:
        Problem: 422 with every fault: `Invalid value for 'page': Input should be ...; Invalid value for ...`.
    """
    query = request.scope["query_string"].decode("utf-8", "replace")
    return parse_params(dict(parse_qsl(query, keep_blank_values=True, errors="replace")), params)


def parse_params(given: Mapping[str, str], params: type[Params]) -> Params:
    """The same for texts that were taken from elsewhere, such as the path."""
    values: dict[str, Any] = {}
    faults: list[str] = []
    for name, public_name, required, read in _readers(params):
        text = given.get(public_name)
        if text is not None:
            try:
                values[name] = read(text)
            except ValueError as fault:
                faults.append(f"Invalid value for '{public_name}': {fault}")
        elif required:
            faults.append(f"Invalid value for '{public_name}': Field required")
    if faults:
        raise invalid("; ".join(faults))
    return params(**values)


def check_params(params: type[msgspec.Struct]) -> None:
    """Refuse a Struct with a field that no parameter can fill.

    Raises:
        TypeError: It names the field.
    """
    _readers(params)


_Read = Callable[[str], Any]
"""Text to value; raises ValueError with the reason."""


@cache
def _readers(params: type[msgspec.Struct]) -> tuple[tuple[str, str, bool, _Read], ...]:
    """Attribute name, public name, whether it is required, and how it is read, per field."""
    return tuple(
        (field.name, field.encode_name, field.required, _reader(field.type, f"{params.__name__}.{field.name}"))
        for field in msgspec.structs.fields(params)
    )


def _reader(annotation: Any, where: str) -> _Read:
    """How a field of this type is read. (`msgspec.inspect` would lose the order of a Literal's choices.)"""
    metas: list[msgspec.Meta] = []
    while get_origin(annotation) in (Annotated, Union, UnionType):
        inner, *rest = [part for part in get_args(annotation) if part is not NoneType]
        metas += [part for part in rest if isinstance(part, msgspec.Meta)]
        if get_origin(annotation) is not Annotated and rest:
            break
        annotation = inner
    if annotation is bool:
        return _boolean
    if annotation is int:
        return partial(_integer, metas=metas)
    if annotation is str:
        return partial(_text, metas=metas)
    choices = get_args(annotation)
    if get_origin(annotation) is Literal and all(isinstance(choice, str) for choice in choices):
        return partial(_choice, choices=choices, metas=metas)
    raise TypeError(f"{where}: a query parameter is a str, int, bool or Literal of texts, not {annotation!r}")


def _boolean(text: str) -> bool:
    word = text.lower()
    if word in _TRUE:
        return True
    if word in _FALSE:
        return False
    raise ValueError("Input should be a valid boolean, unable to interpret input")


def _integer(text: str, metas: Sequence[msgspec.Meta]) -> int:
    match = _INTEGER.fullmatch(text)
    if match is None:
        raise ValueError("Input should be a valid integer, unable to parse string as an integer")
    if len(match[1]) > MAX_DIGITS:
        raise ValueError("Unable to parse input string as an integer, exceeded maximum size")
    number = int(match[1])
    for meta in metas:
        if meta.ge is not None and not number >= meta.ge:
            raise ValueError(f"Input should be greater than or equal to {meta.ge}")
        if meta.gt is not None and not number > meta.gt:
            raise ValueError(f"Input should be greater than {meta.gt}")
        if meta.le is not None and not number <= meta.le:
            raise ValueError(f"Input should be less than or equal to {meta.le}")
        if meta.lt is not None and not number < meta.lt:
            raise ValueError(f"Input should be less than {meta.lt}")
    return number


def _text(text: str, metas: Sequence[msgspec.Meta]) -> str:
    for meta in metas:
        if meta.min_length is not None and len(text) < meta.min_length:
            raise ValueError(f"String should have at least {_characters(meta.min_length)}")
        if meta.max_length is not None and len(text) > meta.max_length:
            raise ValueError(f"String should have at most {_characters(meta.max_length)}")
    return text


def _characters(count: int) -> str:
    return f"{count} character" if count == 1 else f"{count} characters"


def _choice(text: str, choices: Sequence[str], metas: Sequence[msgspec.Meta]) -> str:
    if text in choices:
        return text
    for meta in metas:
        if meta.extra and "invalid" in meta.extra:
            raise ValueError(meta.extra["invalid"])
    *others, last = (f"'{choice}'" for choice in choices)
    raise ValueError(f"Input should be {', '.join(others)} or {last}" if others else f"Input should be {last}")
