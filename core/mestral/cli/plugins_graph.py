"""`mestral plugins graph`: how plugins depend on each other, and which service serves which slot."""

import click

from mestral.cli.look import look_at_plugins
from mestral.cli.options import CliOptions
from mestral.plugins.graph import as_dot, as_mermaid, as_text


@click.command()
@click.option("--dot", "shape", flag_value="dot", help="Print it for Graphviz.")
@click.option("--mermaid", "shape", flag_value="mermaid", help="Print it for Mermaid.")
@click.pass_obj
def graph(options: CliOptions, shape: str | None) -> None:
    """Show what requires, follows and excludes what, and which service is chosen for which slot."""
    draw = {"dot": as_dot, "mermaid": as_mermaid}.get(shape or "", as_text)
    for line in draw(look_at_plugins(options)):
        click.echo(line)
