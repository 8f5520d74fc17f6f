"""Query parameters: text to values, with the rules and words of contract/API_V4.md 1.1 and 1.2.

Guarantees: unknown parameters are ignored, names are case-sensitive, the last value of a repeated one counts,
invalid UTF-8 becomes U+FFFD, numbers have no size limit up to `MAX_DIGITS`. All faults are reported at once,
in field order.
"""

import re
import sys
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
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
_TYPES: dict[Any, Literal["boolean", "integer", "string", "time"]] = {
    bool: "boolean",
    int: "integer",
    str: "string",
    datetime: "time",
}
_LOST_PLUS = re.compile(r"(.*:[0-9.]+) ([0-9]{2}:?[0-9]{2})", re.ASCII)
"""A time whose `+` was not percent-encoded, and so became a blank."""
_FALSE = frozenset(("false", "0", "no", "off", "f", "n"))


def parse_query(request: Request[Any, Any, Any], params: type[Params]) -> Params:
    """The query parameters of a request.

    Args:
        request: The request.
        params: A Struct whose fields are `str`, `int`, `bool`, `datetime`, a `Literal` of texts, or
            `tuple[Literal[...], ...]` for several of them separated by commas; each also `| None`, within the
            limits of msgspec's `Meta` (`ge`, `gt`, `le`, `lt`, `min_length`, `max_length`). A field without
            default is required. `Meta(extra={"invalid": ...})` replaces the reason why a choice is refused.
            A `datetime` is aware: ISO 8601 without an offset is in the server's time zone.

    Raises:
        Problem: 422 with every fault: `Invalid value for 'page': Input should be ...; Invalid value for ...`.
    """
    query = request.scope["query_string"].decode("utf-8", "replace")
    return parse_params(dict(parse_qsl(query, keep_blank_values=True, errors="replace")), params)


def parse_params(given: Mapping[str, str], params: type[Params]) -> Params:
    """The same for texts that were taken from elsewhere, such as the path."""
    values: dict[str, Any] = {}
    faults: list[str] = []
    for parameter in parameters_of(params):
        text = given.get(parameter.public_name)
        if text is not None:
            try:
                values[parameter.name] = parameter.read(text)
            except ValueError as fault:
                faults.append(f"Invalid value for '{parameter.public_name}': {fault}")
        elif parameter.required:
            faults.append(f"Invalid value for '{parameter.public_name}': Field required")
    if faults:
        raise invalid("; ".join(faults))
    return params(**values)


class Parameter(msgspec.Struct, frozen=True, kw_only=True):
    """One field of a Struct as a parameter.

    Attributes:
        name: Name of the field.
        public_name: Name of the parameter.
        required: Whether it has no default.
        default: Its default, None when it has none.
        type: Its type in JSON Schema; `time` is a string.
        choices: The texts it may be; empty: any.
        several: Whether it is one or more of the choices, separated by commas.
        limits: What `Meta` says of it, innermost first.
    """

    name: str
    public_name: str
    required: bool
    default: Any
    type: Literal["boolean", "integer", "string", "time"]
    choices: tuple[str, ...]
    several: bool
    limits: tuple[msgspec.Meta, ...]

    def read(self, text: str) -> bool | int | str | datetime | tuple[str, ...]:
        """Its value. Raises ValueError with the reason when the text is none."""
        if self.type == "boolean":
            return _boolean(text)
        if self.type == "integer":
            return _integer(text, self.limits)
        if self.type == "time":
            return _time(text)
        if self.several:
            return tuple(_choice(part, self.choices, self.limits) for part in text.split(","))
        return _choice(text, self.choices, self.limits) if self.choices else _text(text, self.limits)


@cache
def parameters_of(params: type[msgspec.Struct]) -> tuple[Parameter, ...]:
    """The fields of a Struct as parameters.

    Raises:
        TypeError: No parameter can fill a field; it names the field.
    """
    return tuple(_parameter(field, params.__name__) for field in msgspec.structs.fields(params))


def _parameter(field: msgspec.structs.FieldInfo, where: str) -> Parameter:
    annotation, limits = field.type, []
    while get_origin(annotation) in (Annotated, Union, UnionType):
        inner, *rest = [part for part in get_args(annotation) if part is not NoneType]
        if get_origin(annotation) is not Annotated and rest:
            break
        limits += [part for part in rest if isinstance(part, msgspec.Meta)]
        annotation = inner
    several = get_origin(annotation) is tuple and get_args(annotation)[1:] == (...,)
    item = get_args(annotation)[0] if several else annotation
    choices = get_args(item) if get_origin(item) is Literal else ()
    kind = "string" if choices and all(isinstance(c, str) for c in choices) else _TYPES.get(annotation)
    if kind is None:
        raise TypeError(
            f"{where}.{field.name}: a query parameter is a str, int, bool, datetime, Literal of texts or "
            f"tuple of such Literals, not {annotation!r}"
        )
    return Parameter(
        name=field.name,
        public_name=field.encode_name,
        required=field.required,
        default=None if field.default is msgspec.NODEFAULT else field.default,
        type=kind,
        choices=choices,
        several=several,
        limits=tuple(reversed(limits)),
    )


def _boolean(text: str) -> bool:
    word = text.lower()
    if word in _TRUE:
        return True
    if word in _FALSE:
        return False
    raise ValueError("Input should be a valid boolean, unable to interpret input")


def _integer(text: str, limits: Sequence[msgspec.Meta]) -> int:
    match = _INTEGER.fullmatch(text)
    if match is None:
        raise ValueError("Input should be a valid integer, unable to parse string as an integer")
    if len(match[1]) > MAX_DIGITS:
        raise ValueError("Unable to parse input string as an integer, exceeded maximum size")
    number = int(match[1])
    for meta in limits:
        if meta.ge is not None and not number >= meta.ge:
            raise ValueError(f"Input should be greater than or equal to {meta.ge}")
        if meta.gt is not None and not number > meta.gt:
            raise ValueError(f"Input should be greater than {meta.gt}")
        if meta.le is not None and not number <= meta.le:
            raise ValueError(f"Input should be less than or equal to {meta.le}")
        if meta.lt is not None and not number < meta.lt:
            raise ValueError(f"Input should be less than {meta.lt}")
    return number


def _time(text: str) -> datetime:
    if lost := _LOST_PLUS.fullmatch(text):
        text = f"{lost[1]}+{lost[2]}"
    try:
        moment = datetime.fromisoformat(text)
        return moment if moment.tzinfo else moment.astimezone()
    except (ValueError, OverflowError) as error:
        raise ValueError("Input should be a valid date or time, in ISO 8601") from error


def _text(text: str, limits: Sequence[msgspec.Meta]) -> str:
    for meta in limits:
        if meta.min_length is not None and len(text) < meta.min_length:
            raise ValueError(f"String should have at least {_characters(meta.min_length)}")
        if meta.max_length is not None and len(text) > meta.max_length:
            raise ValueError(f"String should have at most {_characters(meta.max_length)}")
    return text


def _characters(count: int) -> str:
    return f"{count} character" if count == 1 else f"{count} characters"


def _choice(text: str, choices: Sequence[str], limits: Sequence[msgspec.Meta]) -> str:
    if text in choices:
        return text
    for meta in limits:
        if meta.extra and "invalid" in meta.extra:
            raise ValueError(meta.extra["invalid"])
    *others, last = (f"'{choice}'" for choice in choices)
    listed = f"{', '.join(others)} or {last}" if others else last
    raise ValueError(f"Input should be {listed}")
