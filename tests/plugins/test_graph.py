"""`mestral plugins graph`."""

import pytest
from tests.plugins.conftest import Site
from tests.plugins.test_broken_plugins import hooks

TOML = '[plugins]\nenabled = ["one", "two"]\n[plugins.experiments]\nsource = "fake"\n'


@pytest.fixture
def linked(site: Site) -> Site:
    """Two plugins that know each other, a service that is chosen and one that is not."""
    service = (
        "@hookimpl\ndef mestral_services(self):\n"
        "    return [Service(slot='experiments.source', name='fake', factory='one:make')]"
    )
    site.add("one", hooks("one", service, 'after=("two",), conflicts=("rival",)'))
    startup = "@hookimpl\nasync def mestral_startup(self): pass"
    site.add("two", hooks("two", startup, 'requires=("experiments",)'))
    return site


def test_text(linked: Site) -> None:
    done = linked.run("plugins", "graph", toml=TOML)
    assert done.returncode == 0
    assert done.stdout.splitlines() == [
        "experiments (active)",
        "  serves experiments.source = autosubmit",
        "two (active)",
        "  requires experiments",
        "one (active)",
        "  after two",
        "  conflicts rival",
        "  serves experiments.source = fake (chosen)",
        "auth_cas (available)",
        "auth_github (available)",
        "auth_oidc (available)",
        "rival (not there)",
    ]


def test_dot(linked: Site) -> None:
    lines = linked.run("plugins", "graph", "--dot", toml=TOML).stdout.splitlines()
    assert (lines[0], lines[-1]) == ("digraph plugins {", "}")
    assert '  "one" [label="one (active)"];' in lines
    assert '  "two" -> "experiments" [label="requires", style=solid];' in lines
    assert '  "one" -> "two" [label="after", style=dashed];' in lines
    assert (
        '  "experiments" -> "experiments" [label="experiments.source = autosubmit", style=dashed];' in lines
    )
    assert '  "one" -> "experiments" [label="experiments.source = fake", style=solid];' in lines


def test_mermaid(linked: Site) -> None:
    lines = linked.run("plugins", "graph", "--mermaid", toml=TOML).stdout.splitlines()
    assert lines[0] == "graph LR"
    node = {line.split('"')[1].split()[0]: line.split("[")[0].strip() for line in lines if '["' in line}
    assert f'  {node["two"]} -->|"requires"| {node["experiments"]}' in lines
    assert f'  {node["one"]} -.->|"after"| {node["two"]}' in lines
    assert f'  {node["one"]} -->|"conflicts"| {node["rival"]}' in lines
