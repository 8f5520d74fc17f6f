"""Swapping by services: a third party's implementation is chosen by a setting, and a wrong name is
explained."""

import json
from typing import Any

from tests.plugins.conftest import Site
from tests.plugins.test_broken_plugins import hooks

CHEESE = hooks(
    "cheese",
    "@hookimpl\ndef mestral_services(self):\n"
    "    return [Service(slot='experiments.source', name='cheese', factory='cheese:Source')]",
)


def show(site: Site, name: str, toml: str) -> dict[str, Any]:
    done = site.run("plugins", "show", name, "--json", toml=toml)
    assert done.returncode == 0, done.stderr
    shown: dict[str, Any] = json.loads(done.stdout)
    return shown


def test_the_setting_chooses_among_all_offers(site: Site) -> None:
    site.add("cheese", CHEESE)
    enabled = '[plugins]\nenabled = ["cheese"]\n'
    offered = {"slot": "experiments.source", "name": "cheese", "factory": "cheese:Source"}
    assert show(site, "cheese", enabled)["services"] == [{**offered, "chosen": False}]
    chosen = f'{enabled}[plugins.experiments]\nsource = "cheese"\n'
    assert show(site, "cheese", chosen)["services"] == [{**offered, "chosen": True}]
    assert show(site, "experiments", chosen)["services"][0]["chosen"] is False


def test_a_name_that_nobody_offers_misconfigures_the_plugin_whose_setting_it_is(site: Site) -> None:
    site.add("cheese", CHEESE)
    toml = '[plugins]\nenabled = ["cheese"]\n[plugins.experiments]\nsource = "chese"\n'
    found = site.plugins(toml)
    assert found["experiments"]["state"] == "misconfigured"
    assert "'chese'" in found["experiments"]["reason"]
    assert "autosubmit, cheese. Did you mean cheese?" in found["experiments"]["reason"]
    assert "mestral.toml" in found["experiments"]["reason"]
    checked = site.run("config", "check", toml=toml)
    assert checked.returncode == 1
    assert "Did you mean cheese?" in checked.stdout


def test_a_service_of_a_plugin_that_is_not_used_cannot_be_chosen(site: Site) -> None:
    site.add("cheese", CHEESE)
    found = site.plugins('[plugins.experiments]\nsource = "cheese"\n')
    assert found["experiments"]["state"] == "misconfigured"
    assert "Installed and in use: autosubmit." in found["experiments"]["reason"]
