"""The command `mestral`.

Guarantees: a subcommand is imported when it is used, so that `mestral plugins list` does not import what its
siblings need, and `mestral --version` and `--help` import click and nothing else.
"""

import gc
from pathlib import Path
from pkgutil import resolve_name
from typing import Any

import click

from mestral import __version__

_COMMANDS = {
    "audit": ("mestral.cli.audit:audit", "Show who did what."),
    "auth": ("mestral.cli.auth:auth", "Explain who may do what."),
    "config": ("mestral.cli.config:config", "Check and show the settings."),
    "db": ("mestral.cli.db:db", "Show and upgrade the tables that are Mestral's own."),
    "demo": ("mestral.cli.demo:demo", "Serve sample data, to look around."),
    "migrate": ("mestral.cli.migrate:migrate", "Move from Autosubmit API: check what will be used."),
    "plugins": ("mestral.cli.plugins:plugins", "Show the plugins and their states."),
    "routes": ("mestral.cli.routes:routes", "Show every route that is served."),
    "serve": ("mestral.cli.serve:serve", "Serve the API."),
    "tokens": ("mestral.cli.tokens:tokens", "Make, list and revoke personal tokens."),
}


class _LazyGroup(click.Group):
    """Finds subcommands in `_COMMANDS`; the help of the group itself needs none of them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        command: click.Command = resolve_name(_COMMANDS[cmd_name][0])
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            from mestral.settings.nearest import did_you_mean

            raise click.UsageError(f"{error.message}{did_you_mean(args[0], _COMMANDS)}", ctx) from None

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command without the cyclic garbage collector: what it imports and makes lives until it ends,
        a moment later, and need not be looked through when Python exits. Servers turn it on again."""
        gc.disable()
        ctx.call_on_close(gc.freeze)
        return super().invoke(ctx)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in sorted(_COMMANDS.items())])


@click.group(cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--config",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The mestral.toml to read; without it the usual places are looked at.",
)
@click.version_option(__version__, "-v", "--version", prog_name="Mestral")
@click.pass_context
def main(context: click.Context, config: Path | None) -> None:
    """An extensible API platform. `mestral demo` shows it with sample data."""
    from mestral.cli.options import CliOptions
    from mestral.logs import LogSetup, configure

    configure(LogSetup(level="WARNING"))  # `serve` and `demo` say more
    context.obj = CliOptions(config=config)
