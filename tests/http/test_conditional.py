"""`If-None-Match` as RFC 9110 wants it."""

import pytest

from mestral.http.conditional import matches


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (None, False),
        ("", False),
        ('W/"a"', True),
        ('"a"', True),
        ('"b"', False),
        ('"b", W/"a"', True),
        ('"b" ,"c","a" ', True),
        ("*", True),
        (" * ", True),
        ("a", False),
        ('w/"a"', False),
        ('"b,a"', False),
        ('"x,y", "a"', True),
        ('"x y", "a"', False),
        ('"a" "b"', False),
        ('"a', False),
        ('""', False),
    ],
)
def test_weak_comparison(header: str | None, expected: bool) -> None:
    assert matches(header, 'W/"a"') is expected
    assert matches(header, '"a"') is expected
