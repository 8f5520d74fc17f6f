"""Which experiments there are."""

from urllib.parse import quote

import pytest

from mestral import Problem
from mestral_experiments.model import Experiment
from mestral_experiments.sources.protocol import ExperimentSource
from mestral_experiments.testing.given import Given
from mestral_experiments.testing.questions import HOSTILE_NAMES

_UNKNOWN = ("zz", "nosuch", "ａ０００", "%61000", "a" * 100_000)


class CatalogContract(Given):
    """`catalog`, `find`, and what belongs to no experiment."""

    def test_the_catalog_and_find_agree(self, source: ExperimentSource) -> None:
        catalog = source.catalog()
        assert len(catalog) == len(catalog.experiments) >= 2
        assert [source.find(experiment.name) for experiment in catalog.experiments] == catalog.experiments
        assert {self.full_expid, self.empty_expid} <= set(catalog.columns.name)

    def test_experiments_come_by_number_each_under_a_name_of_its_own(self, source: ExperimentSource) -> None:
        columns = source.catalog().columns
        assert list(columns.id) == sorted(columns.id)
        assert len(set(columns.name)) == len(columns.name)

    def test_names_can_stand_in_an_address(self, source: ExperimentSource) -> None:
        for name in source.catalog().columns.name:
            assert quote(name, safe="") == name
            assert name.isalnum() and name == name.lower() and len(name) >= 4

    def test_what_names_no_experiment_is_not_found(self, source: ExperimentSource, full: Experiment) -> None:
        nearly = (full.name.upper(), *(full.name + end for end in (" ", "\n", "\0", "/", "/..", ".")))
        for name in (*HOSTILE_NAMES, *_UNKNOWN, *nearly):
            with pytest.raises(Problem) as caught:
                source.find(name)
            assert caught.value.status == 404, ascii(name)
            assert caught.value.message == f"Experiment with expid '{name}' not found."

    def test_a_healthy_source_has_nothing_to_say(self, source: ExperimentSource) -> None:
        assert source.health() is None

    def test_settings_of_the_server_have_the_names_that_are_expected(self, source: ExperimentSource) -> None:
        settings = source.server_settings()
        assert set(settings) == set(self.settings_names)
        assert all(isinstance(value, str | int | bool) for value in settings.values())

    def test_closing_is_safe_also_twice(self, source: ExperimentSource, full: Experiment) -> None:
        assert source.find(full.name) == full
        for _ in range(2):
            source.close()
