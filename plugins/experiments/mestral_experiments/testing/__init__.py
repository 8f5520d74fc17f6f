"""What every source of experiments must keep, as tests: for those who write one (docs/plugins.md).

Guarantees: what `sources/protocol.py` promises in words is a test here, which asks a source and nothing else.
`SourceContract` reads; `ChangeContract` and `DamageContract` are for tests that can change and damage data.
Only tests import this package: it needs pytest.
"""

import pytest

for _module in ("given", "questions", "catalog", "jobs", "runs", "logs", "whole", "changes", "damage"):
    pytest.register_assert_rewrite(f"{__name__}.{_module}")  # as in test files: a failure shows its values

from mestral_experiments.testing.catalog import CatalogContract  # noqa: E402
from mestral_experiments.testing.changes import Change, ChangeContract  # noqa: E402
from mestral_experiments.testing.damage import Damage, DamageContract  # noqa: E402
from mestral_experiments.testing.given import Factory  # noqa: E402
from mestral_experiments.testing.jobs import JobsContract  # noqa: E402
from mestral_experiments.testing.logs import LogsContract  # noqa: E402
from mestral_experiments.testing.runs import RunsContract  # noqa: E402
from mestral_experiments.testing.whole import WholeContract  # noqa: E402

__all__ = ["Change", "ChangeContract", "Damage", "DamageContract", "Factory", "SourceContract"]


class SourceContract(CatalogContract, JobsContract, RunsContract, LogsContract, WholeContract):
    """All promises about data that stays as it is.

    What a subclass has to give is described in `Given`, which is the base of all contracts:

        class TestCheese(SourceContract):
            full_expid, empty_expid = "c001", "c002"
            may_lack = frozenset({"wrappers", "last_wrapper"})

            @pytest.fixture
            def factory(self, tmp_path: Path) -> Factory:
                fill_a_dairy(tmp_path)
                return lambda: CheeseSource(CheeseSettings(dairy=tmp_path), tmp_path / "state")

            @pytest.fixture
            def stored(self, tmp_path: Path) -> Callable[[], object]:
                return lambda: contents_of(tmp_path)
    """
