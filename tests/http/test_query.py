"""Query parameters in the words of contract/API_V4.md 1.1 and 1.2."""

import time
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

import msgspec
import pytest
from litestar import Litestar
from litestar.testing import TestClient

from mestral import Access, Problem
from mestral.http import get
from mestral.http.query import parse_params

Client = TestClient[Litestar]

INTEGER = "Input should be a valid integer, unable to parse string as an integer"
BOOLEAN = "Input should be a valid boolean, unable to interpret input"


@pytest.mark.parametrize(
    ("query", "field", "value"),
    [
        ("", "page", 1),
        ("page=7", "page", 7),
        ("page=%2B7", "page", 7),
        ("page=1_0", "page", 10),
        ("page=7.0", "page", 7),
        ("page=007", "page", 7),
        ("page=2&page=3", "page", 3),
        ("page=x&page=3", "page", 3),
        ("Page=x", "page", 1),
        ("unknown=%00", "page", 1),
        ("flag=NO", "flag", False),
        ("flag=f", "flag", False),
        ("flag=0", "flag", False),
        ("flag=oFF", "flag", False),
        ("flag=n", "flag", False),
        ("flag=false", "flag", False),
        ("flag=false&flag=Y", "flag", True),
        ("kind=operational", "kind", "operational"),
        ("word=a%FFb", "word", "a\ufffdb"),
        ("word=a+b%2B", "word", "a b+"),
        ("word=%C3%A9", "word", "é"),
        ("camelCase=-5", "camelCase", -5),
        ("camelCase=" + "9" * 40, "camelCase", int("9" * 40)),
        ("camel=5", "camelCase", None),
    ],
)
def test_value_is_read(client: Client, query: str, field: str, value: object) -> None:
    answer = client.get(f"/x/probe/open?{query}")
    assert answer.status_code == 200, answer.text
    assert answer.json()[field] == value


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("page=", f"Invalid value for 'page': {INTEGER}"),
        ("page=1.5", f"Invalid value for 'page': {INTEGER}"),
        ("page=+1", f"Invalid value for 'page': {INTEGER}"),
        ("page=1_", f"Invalid value for 'page': {INTEGER}"),
        ("page=1__0", f"Invalid value for 'page': {INTEGER}"),
        ("page=%D9%A1", f"Invalid value for 'page': {INTEGER}"),
        ("page=1%0A", f"Invalid value for 'page': {INTEGER}"),
        ("page=0", "Invalid value for 'page': Input should be greater than or equal to 1"),
        ("page=1001", "Invalid value for 'page': Input should be less than or equal to 1000"),
        (
            "page=" + "9" * 5000,
            "Invalid value for 'page': Unable to parse input string as an integer, exceeded maximum size",
        ),
        ("flag=", f"Invalid value for 'flag': {BOOLEAN}"),
        ("flag=2", f"Invalid value for 'flag': {BOOLEAN}"),
        ("word=", "Invalid value for 'word': String should have at least 1 character"),
        (
            "kind=",
            "Invalid value for 'kind': Input should be 'test', 'operational' or 'experiment'",
        ),
        (
            "word=&page=a&kind=Test&camelCase=b&flag=c",
            "Invalid value for 'kind': Input should be 'test', 'operational' or 'experiment'; "
            f"Invalid value for 'flag': {BOOLEAN}; "
            f"Invalid value for 'page': {INTEGER}; "
            "Invalid value for 'word': String should have at least 1 character; "
            f"Invalid value for 'camelCase': {INTEGER}",
        ),
    ],
)
def test_every_fault_is_named_in_field_order(client: Client, query: str, message: str) -> None:
    answer = client.get(f"/x/probe/open?{query}")
    assert (answer.status_code, answer.json()) == (
        422,
        {"error": True, "error_message": message, "code": "invalid"},
    )


def test_limits_that_no_route_of_the_probe_has() -> None:
    class Limits(msgspec.Struct):
        must: str
        above: Annotated[int, msgspec.Meta(gt=2, lt=9)] = 3
        short: Annotated[str, msgspec.Meta(max_length=2)] = ""

    with pytest.raises(Problem) as low:
        parse_params({"above": "2", "short": "abc"}, Limits)
    assert low.value.message == (
        "Invalid value for 'must': Field required; "
        "Invalid value for 'above': Input should be greater than 2; "
        "Invalid value for 'short': String should have at most 2 characters"
    )
    with pytest.raises(Problem, match="Input should be less than 9"):
        parse_params({"must": "", "above": "9"}, Limits)


class Additions(msgspec.Struct):
    when: datetime | None = None
    some: tuple[Literal["a", "b", "c"], ...] | None = None


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2024-07-01", "2024-06-30T22:00:00"),
        ("2024-01-01 00:30", "2023-12-31T23:30:00"),
        ("2024-07-01T12:00:00Z", "2024-07-01T12:00:00"),
        ("2024-07-01T12:00:00.5+02:00", "2024-07-01T10:00:00.500000"),
        ("2024-07-01T12:00:00 02:00", "2024-07-01T10:00:00"),
    ],
)
def test_a_time_is_aware_and_local_without_an_offset(
    text: str, utc: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", "Europe/Madrid")
    time.tzset()
    try:
        when = parse_params({"when": text}, Additions).when
    finally:
        monkeypatch.undo()
        time.tzset()
    assert when is not None
    assert when.astimezone(UTC).isoformat() == f"{utc}+00:00"


@pytest.mark.parametrize("text", ["", "soon", "2024-02-30", "2024-01-01T25:00", "12:00", "x" * 400])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(Problem, match="'when': Input should be a valid date or time, in ISO 8601"):
        parse_params({"when": text}, Additions)


def test_several_choices_are_separated_by_commas() -> None:
    assert parse_params({"some": "b,a,b"}, Additions).some == ("b", "a", "b")
    for text in ("", "a,", "a,d", "a b", "A"):
        with pytest.raises(Problem, match="'some': Input should be 'a', 'b' or 'c'"):
            parse_params({"some": text}, Additions)


@pytest.mark.parametrize("kind", [list[int], float, dict[str, str], int | str])
def test_field_that_no_parameter_can_fill_is_refused_where_it_is_declared(kind: Any) -> None:
    struct = msgspec.defstruct("Wrong", [("odd", kind)])
    with pytest.raises(TypeError, match=r"Wrong\.odd: a query parameter is a str, int, bool, datetime, Lit"):
        get("/a", access=Access.PUBLIC, operation_id="a", query=struct)
