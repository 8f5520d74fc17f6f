"""Choosing plugins: what is on by default, and what enabled, disabled, only, required and on_error do."""

import json

import pytest
from tests.plugins.conftest import Site
from tests.plugins.test_broken_plugins import routes

TICKER = routes("ticker", 'route("/now", "ticker.now")')


def test_third_party_plugin_waits_until_it_is_enabled(site: Site) -> None:
    site.add("ticker", "raise SystemExit('nobody enabled this, so nobody may import it')\n")
    found = site.plugins()
    assert found["ticker"]["state"] == "available"
    assert 'add "ticker" to plugins.enabled' in found["ticker"]["reason"]
    assert found["experiments"]["state"] == "active"


def test_exit_code_says_whether_all_that_are_to_be_used_are_active(site: Site) -> None:
    site.add("ticker", TICKER)
    site.add("broken", "raise ValueError\n")
    assert site.run("plugins", "list").returncode == 0
    assert site.run("plugins", "list", toml='[plugins]\nenabled = ["ticker"]\n').returncode == 0
    assert site.run("plugins", "list", toml='[plugins]\nenabled = ["ticker", "broken"]\n').returncode == 1
    assert site.run("plugins", "list", toml='[plugins]\nenabled = ["absent"]\n').returncode == 1
    assert site.run("plugins", "list", toml="[plugins.ticker]\nrequired = true\n").returncode == 1


def test_enabled_plugin_is_served(site: Site) -> None:
    site.add("ticker", TICKER)
    done = site.run("routes", "--json", toml='[plugins]\nenabled = ["ticker"]\n')
    assert {
        "method": "GET",
        "path": "/x/ticker/now",
        "access": "public",
        "plugin": "ticker",
        "operation_id": "ticker.now",
    } in json.loads(done.stdout)


def test_disabled_wins_over_enabled(site: Site) -> None:
    site.add("ticker", TICKER)
    found = site.plugins('[plugins]\nenabled = ["ticker"]\ndisabled = ["ticker", "experiments"]\n')
    assert found["ticker"]["state"] == found["experiments"]["state"] == "disabled"
    assert "plugins.disabled" in found["ticker"]["reason"]


def test_environment_chooses_as_well(site: Site) -> None:
    found = site.plugins(environ={"MESTRAL_PLUGINS__DISABLED": "experiments"})
    assert found["experiments"]["state"] == "disabled"


def test_only_replaces_the_set(site: Site) -> None:
    site.add("ticker", TICKER)
    found = site.plugins('[plugins]\nonly = ["ticker"]\n')
    assert found["ticker"]["state"] == "active"
    assert {name for name, record in found.items() if record["state"] == "disabled"} == set(found) - {
        "ticker"
    }


def test_order_is_that_of_enabled_refined_by_requires_and_after(site: Site) -> None:
    def source(name: str, **more: tuple[str, ...]) -> str:
        texts = ", ".join(f"{key}={value!r}" for key, value in more.items())
        return routes(name, f'route("/a", "{name}.a")').replace(
            f'manifest("{name}", )', f'manifest("{name}", {texts})'
        )

    site.add("one", source("one", after=("three", "nobody")))
    site.add("two", source("two"))
    site.add("three", source("three", requires=("four",)))
    site.add("four", source("four"))
    found = site.plugins('[plugins]\nenabled = ["one", "two", "three", "four"]\n')
    served = [name for name, record in found.items() if record["state"] == "active"]
    assert served == ["two", "four", "three", "one", "experiments"]


@pytest.mark.parametrize(
    ("toml", "level", "says"),
    [
        ('[plugins]\nenabled = ["tickr"]\n', "Errors", "'tickr'. Did you mean ticker?"),
        ('[plugins]\nonly = ["tickr"]\n', "Errors", "'tickr'. Did you mean ticker?"),
        ('[plugins]\ndisabled = ["tickr"]\n', "Warnings", "'tickr'. Did you mean ticker?"),
        ("[plugins.tickr]\nsize = 1\n", "Warnings", "'tickr'. Did you mean ticker?"),
        ("[plugins.tickr]\nrequired = true\n", "Errors", "'tickr'. Did you mean ticker?"),
    ],
)
def test_config_check_reports_plugins_that_nobody_offers(
    site: Site, toml: str, level: str, says: str
) -> None:
    site.add("ticker", TICKER)
    done = site.run("config", "check", toml=toml)
    section = done.stdout.partition(level)[2].partition("\n\n")[0]
    assert says in section, done.stdout + done.stderr
    assert done.returncode == (1 if level == "Errors" else 0)


def test_required_plugin_that_is_broken_stops_the_start_with_the_culprit_first(site: Site) -> None:
    site.add("culprit", "raise ValueError('the root of it')\n")
    site.add("victim", TICKER.replace("ticker", "victim").replace(", )", ', requires=("culprit",))'))
    choice = '[plugins]\nenabled = ["victim", "culprit"]\n'
    done = site.run("serve", "--port", "0", toml=choice + "[plugins.victim]\nrequired = true\n")
    assert done.returncode == 2
    message = done.stderr.partition("Error: Mestral does not start")[2]
    assert message.index("culprit is failed: Step 'load' raised ValueError: the root of it") < message.index(
        "victim is failed"
    )
    assert "Traceback" not in message


def test_on_error_fail_stops_the_start_for_any_plugin_that_is_to_be_used(site: Site) -> None:
    site.add("broken", "raise ValueError('no')\n")
    strict = '[plugins]\non_error = "fail"\n'
    done = site.run("serve", "--port", "0", toml=strict + 'enabled = ["broken", "absent"]\n')
    assert done.returncode == 2
    assert "broken is failed" in done.stderr
    assert "absent is unavailable" in done.stderr
    # Nobody wants these two, so they stop nothing: it gets as far as showing its routes.
    assert site.run("routes", toml=strict).returncode == 0


def test_without_them_the_default_is_to_start(site: Site) -> None:
    site.add("broken", "raise ValueError('no')\n")
    assert site.run("routes", toml='[plugins]\nenabled = ["broken", "absent"]\n').returncode == 0


def test_two_distributions_of_one_name_are_both_refused(site: Site) -> None:
    site.add("ticker", TICKER)
    site.add("impostor", "raise SystemExit\n", plugins={"ticker": "impostor:plugin"})
    record = site.plugins('[plugins]\nenabled = ["ticker"]\n')["ticker"]
    assert record["state"] == "conflicted"
    assert "ticker 1.0" in record["reason"]
    assert "impostor 1.0" in record["reason"]


def test_nobody_can_take_the_name_of_a_plugin_of_mestral(site: Site) -> None:
    site.add("impostor", "raise SystemExit\n", plugins={"experiments": "impostor:plugin"})
    record = site.plugins()["experiments"]
    assert record["state"] == "active"
    assert record["distribution"].startswith("mestral ")
    told = site.run("config", "check").stdout
    assert "impostor 1.0 offers a plugin named 'experiments', which belongs to mestral" in told


def test_third_party_plugin_uses_a_path_that_the_deployer_grants(site: Site) -> None:
    site.add("ticker", routes("ticker", 'route("/now", "ticker.now")', prefix='"/ticker/v1"'))
    enabled = '[plugins]\nenabled = ["ticker"]\n'
    assert site.plugins(enabled)["ticker"]["state"] == "failed"
    assert site.plugins(f'{enabled}[plugins.ticker]\npaths = ["/ticker/v"]\n')["ticker"]["state"] == "failed"
    assert site.plugins(f'{enabled}[plugins.ticker]\npaths = ["/ticker"]\n')["ticker"]["state"] == "active"
