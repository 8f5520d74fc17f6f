"""Processors and processing elements: contract/METRICS.md 4."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mestral_experiments.sources.configuration.processors import elements, processors


@pytest.mark.parametrize(
    ("written", "per_node", "expected"),
    [
        ("16", None, 16), ("36:1:18", None, 108), ("48:73", None, 180), ("abc", None, 0), ("", None, 0),
        ("1.5", None, 0), ("36:1:18", 48, 144), ("48:73", 48, 144), ("16:8", None, 72), ("16:8", 48, 96),
        ("16", 48, 16), ("36:1:18", 0, 108), ("36:x", 48, 0), ("36:", 48, 0), (" 8 : 8 ", 4, 16),
    ],
)  # fmt: skip
def test_requests(written: str, per_node: int | None, expected: int) -> None:
    assert processors(written, per_node) == expected


@pytest.mark.parametrize(
    ("nodes", "count", "tasks", "per_node", "exclusive", "expected"),
    [
        (None, 16, None, None, False, 16), (None, 16, None, 48, False, 16), (None, 100, None, 48, False, 144),
        (None, 16, None, 48, True, 48), (2, 16, None, 48, False, 96), (None, 16, 8, 48, False, 96),
        (None, 16, 8, None, False, 16), (2, 16, None, None, False, 16), (None, 49, None, 48, False, 96),
        (None, 48, None, 48, False, 48), (None, 16, 0, 48, False, 16), (0, 16, None, 48, False, 16),
        (None, 768, 48, None, False, 768), (None, 0, None, 48, False, 0), (None, 16, None, 0, False, 16),
    ],
)  # fmt: skip
def test_elements(
    nodes: int | None, count: int, tasks: int | None, per_node: int | None, exclusive: bool, expected: int
) -> None:
    found = elements(count, nodes=nodes, tasks=tasks, per_node=per_node, exclusive=exclusive)
    assert found == expected


@given(
    st.integers(0, 10_000), st.none() | st.integers(-3, 300), st.none() | st.integers(-3, 300),
    st.none() | st.integers(-3, 300), st.booleans(),
)  # fmt: skip
def test_a_job_gets_what_it_wants_unless_it_says_its_nodes(
    count: int, nodes: Any, tasks: Any, per_node: Any, exclusive: bool
) -> None:
    said = nodes is not None and nodes > 0
    found = elements(count, nodes=nodes, tasks=tasks, per_node=per_node, exclusive=exclusive)
    full = per_node is not None and per_node > 0 and (found != count or exclusive)
    assert not full or found % per_node == 0, "what is more than the processors is whole nodes"
    if not said and (tasks is None or tasks <= 0 or per_node is None or tasks <= per_node):
        assert found >= count
