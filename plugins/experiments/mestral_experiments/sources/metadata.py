"""The configuration a run was made with: JSON in `experiment_run.metadata` (formats/AUTOSUBMIT_DATA.md 4.1).

Guarantees: keys and their order are as stored, and everything can be written as JSON again: what JSON forbids
and Python writes all the same (NaN, infinite numbers) is None. No credential is in it, and of the environment
of whoever started the run only the user's name.
"""

import json
from math import isfinite
from typing import Any

from mestral_experiments.sources.credentials import without_credentials
from mestral_experiments.sources.faults import Damaged

_ENVIRONMENT = "AS_ENV"
_USER = "AS_ENV_CURRENT_USER"  # takes part in `contains_nones` (contract/API_V4.md 5.3)


def configuration_of(stored: object, where: str) -> dict[str, Any]:
    """The configuration in one value of the column; empty where none was recorded.

    Args:
        stored: The value.
        where: What it is, for the log.

    Raises:
        Damaged: It is not JSON, JSON other than an object, or nested beyond all measure.
    """
    if stored is None or stored == "":
        return {}
    try:
        found = json.loads(stored, parse_constant=lambda _: None, parse_float=_finite)  # type: ignore[arg-type]
        cleaned = without_credentials(found)
    except (TypeError, ValueError, RecursionError) as error:
        raise Damaged(f"{where}: its configuration is not JSON: {error}") from error
    if not isinstance(cleaned, dict):
        raise Damaged(f"{where}: its configuration is no JSON object")
    return {key: value for key, value in cleaned.items() if key == _USER or not key.startswith(_ENVIRONMENT)}


def _finite(digits: str) -> float | None:
    value = float(digits)
    return value if isfinite(value) else None
