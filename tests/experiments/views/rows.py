"""Rows of a history as a source gives them, made by the tests."""

from typing import Any

from mestral_experiments.model import Attempt, Run

NOTHING: dict[str, Any] = dict.fromkeys(Attempt.__struct_fields__)


def row(name: str = "a001_20000101_fc0_1_SIM", **values: Any) -> Attempt:
    """An attempt that is completed and counts, in run 1; a chunk of SIM unless something else is said."""
    made: dict[str, Any] = {
        "name": name, "status": "COMPLETED", "counter": 1, "rowtype": 2, "section": "SIM", "member": "fc0",
        "chunk": 1, "run_id": 1, "last": 1, "ncpus": 1, "energy": 0, "date": "2000-01-01 00:00:00",
    }  # fmt: skip
    return Attempt(**NOTHING | made | values)


def ran(name: str, queue: int, run: int, **values: Any) -> Attempt:
    """One that waited and ran so many seconds."""
    return row(name, **{"submit": 1000, "start": 1000 + queue, "finish": 1000 + queue + run} | values)


def run(run_id: int = 1, unit: str | None = "month", size: int | None = 1, **values: Any) -> Run:
    """A run that is open."""
    return Run(
        run_id, **{"created": "c", "start": None, "finish": None} | values, chunk_unit=unit, chunk_size=size
    )
