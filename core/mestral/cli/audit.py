"""`mestral audit`: who did what, from the database of the server.

Guarantees: nothing is written. What is printed is one line per event, whatever clients sent.
"""

import re
import time
from datetime import datetime

import click
import msgspec

from mestral.auth.audit import Event, Search, find
from mestral.cli.options import CliOptions
from mestral.cli.output import columns, print_json
from mestral.errors import Problem
from mestral.settings import SettingsError, load_settings

_UNITS = {"m": 60, "h": 3600, "d": 86400}
_HEAD = ("TIME", "ACTION", "RESULT", "WHO", "USER", "TARGET", "CLIENT", "DETAIL")


class Moment(click.ParamType[float]):
    """A point in time: ISO 8601 (of this machine's zone when it names none), or so long ago: 90m, 12h, 7d."""

    name = "time"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Seconds since 1970 (UTC)."""
        if ago := re.fullmatch(r"([0-9]{1,6})([mhd])", value):
            return time.time() - int(ago[1]) * _UNITS[ago[2]]
        try:
            return datetime.fromisoformat(value).timestamp()
        except (ValueError, OverflowError):
            self.fail(
                f"{value!r} is no time such as 2030-01-31, 2030-01-31T12:00, 90m, 12h or 7d.", param, ctx
            )


@click.command()
@click.option("--since", type=Moment(), help="From then on: 2030-01-31, 2030-01-31T12:00, 90m, 12h, 7d ago.")
@click.option("--until", type=Moment(), help="Before then.")
@click.option("--action", default="", help="Such as login, operate, token.create, token.refused.")
@click.option("--result", type=click.Choice(["ok", "refused", "failed"]), default=None)
@click.option("--who", default="", help="provider:subject, or a user name.")
@click.option("--target", default="", help="Id of a login or a token, or an expid.")
@click.option("--limit", type=click.IntRange(1, 1_000_000), default=100, help="The newest so many (100).")
@click.option("--json", "as_json", is_flag=True, help="Print JSON: a list of objects.")
@click.pass_obj
def audit(
    options: CliOptions,
    *,
    since: float | None,
    until: float | None,
    action: str,
    result: str | None,
    who: str,
    target: str,
    limit: int,
    as_json: bool,
) -> None:
    """Show the audit log, oldest first: logins, refusals, tokens, commands."""
    search = Search(
        since=since, until=until, action=action, result=result or "", who=who, target=target, limit=limit
    )
    events = _find(options, search)
    if as_json:
        print_json([_readable(event) for event in events])
        return
    for line in columns([_HEAD, *map(_row, events)]):
        click.echo(line)


def _find(options: CliOptions, search: Search) -> list[Event]:
    from mestral.database.engine import Database

    try:
        database = Database(load_settings(config=options.config))
    except SettingsError as error:
        raise click.ClickException(str(error)) from error
    if database.file is not None and not database.file.exists():
        return []  # nothing was ever served, and a look makes no file
    try:
        return list(database.work(lambda connection: find(connection, search)))
    except Problem as error:
        raise click.ClickException(f"{database} cannot be read. {error.message}") from error
    finally:
        database.close()


def _time(event: Event) -> str:
    return datetime.fromtimestamp(event.at).astimezone().isoformat(timespec="seconds")


def _readable(event: Event) -> dict[str, object]:
    return {**msgspec.structs.asdict(event), "at": _time(event)}


def _row(event: Event) -> tuple[str, ...]:
    shown = (event.action, event.result, event.who, event.username, event.target, event.client, event.detail)
    return (_time(event), *(text or "-" for text in shown))
