"""`mestral tokens create | list | revoke`: personal tokens, for the administrator.

Guarantees: only `create` shows the text of a token, once, alone on standard output. Servers need not run, and
those that do know of a change within two seconds. All of it is in the audit log.
"""

import asyncio
import os
import pwd
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar, cast

import click
import msgspec

from mestral.auth.audit import Audit, Event
from mestral.auth.identity import LOCAL, Identity
from mestral.auth.personal import PersonalToken, PersonalTokens, Scope
from mestral.auth.throttle import Throttle
from mestral.cli.db import core_tables, opened
from mestral.cli.options import CliOptions
from mestral.cli.output import columns, print_json
from mestral.database.engine import Database
from mestral.errors import Problem
from mestral.http.token_routes import days_of, described
from mestral.settings import Settings, SettingsError, ensure_state_dir, load_settings

T = TypeVar("T")


@click.group()
def tokens() -> None:
    """Make, list and revoke personal tokens."""


@tokens.command()
@click.argument("user")
@click.option("--name", required=True, help="What the token is for.")
@click.option(
    "--login",
    default=LOCAL,
    show_default=True,
    help="Id of the login by which USER logs in, such as cas; local: a user whom you alone vouch for.",
)
@click.option("--subject", help="Id of USER at that login, where it is not the user name (GitHub: a number).")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    type=click.Choice(["read", "operate"]),
    default=["read"],
    show_default=True,
    help="What it may be used for; may be given twice.",
)
@click.option("--days", type=int, help="Days until it expires; 30 without, auth.personal_token_days at most.")
@click.pass_obj
def create(
    options: CliOptions,
    *,
    user: str,
    name: str,
    login: str,
    subject: str | None,
    scopes: Sequence[str],
    days: int | None,
) -> None:
    """Make a token with which a script is USER.

    The token stands for the very person who logs in as USER by that login, and sees it among its own. It is
    refused while that login is not in use. Its text is printed alone on standard output, and never again.
    """
    settings = _settings(options)
    identity = Identity(provider=login, subject=subject or user, username=user)
    try:
        lifetime = days_of(days, settings.auth.personal_token_days)
    except Problem as problem:
        raise click.UsageError(problem.message) from problem

    async def work(personal: PersonalTokens) -> tuple[str, PersonalToken]:
        return await personal.create(
            identity, name=name, scopes=cast("list[Scope]", list(scopes)), days=lifetime
        )

    text, token = _run(settings, work, lambda made: _event("token.create", made[1]))
    shown = described(token)
    click.echo(
        f"Token {token.id} of {identity.id}, {name!r}, for {' and '.join(shown.scopes)}, expires "
        f"{shown.expires}. Sent as: Authorization: Bearer TOKEN. It is not shown again:",
        err=True,
    )
    click.echo(text)


@tokens.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON: a list of objects.")
@click.pass_obj
def list_(options: CliOptions, *, as_json: bool) -> None:
    """List all tokens that have not expired, revoked ones too."""

    async def work(personal: PersonalTokens) -> list[PersonalToken]:
        return await personal.listed()

    found = _run(_settings(options), work)
    if as_json:
        print_json(
            [{"user": token.identity.id, **msgspec.structs.asdict(described(token))} for token in found]
        )
        return
    rows = [("ID", "USER", "NAME", "SCOPES", "EXPIRES", "LAST USE", "REVOKED")]
    for token in found:
        shown = described(token)
        rows.append(
            (
                token.id,
                token.identity.id,
                token.name,
                " ".join(shown.scopes),
                shown.expires,
                shown.used or "-",
                shown.revoked or "-",
            )
        )
    for line in columns(rows):
        click.echo(line)


@tokens.command()
@click.argument("ids", metavar="ID...", nargs=-1, required=True)
@click.pass_obj
def revoke(options: CliOptions, *, ids: tuple[str, ...]) -> None:
    """Revoke tokens by their ids (see `mestral tokens list`)."""
    settings = _settings(options)
    for id_ in ids:

        async def work(personal: PersonalTokens, id_: str = id_) -> PersonalToken:
            return await personal.revoke(id_)

        token = _run(settings, work, lambda revoked: _event("token.revoke", revoked))
        click.echo(f"Revoked: {token.id} of {token.identity.id}, {token.name!r}.")


def _settings(options: CliOptions) -> Settings:
    try:
        settings = load_settings(config=options.config)
        ensure_state_dir(settings)
    except SettingsError as error:
        raise click.ClickException(str(error)) from error
    return settings


def _run(
    settings: Settings,
    work: Callable[[PersonalTokens], Awaitable[T]],
    event: Callable[[T], Event] | None = None,
) -> T:
    """Do something with the tokens, and record it."""

    async def run(database: Database) -> T:
        result = await work(PersonalTokens(database))
        if event is not None:
            audit = Audit(database, Throttle(database, settings.auth), settings.audit.days)
            await audit.keep(event(result))
        return result

    with opened(settings) as database:
        core_tables(database)
        try:
            return asyncio.run(run(database))
        except Problem as problem:
            if problem.status == 503:
                raise
            raise click.ClickException(problem.message) from problem


def _event(action: str, token: PersonalToken) -> Event:
    """Done by somebody at this machine, about somebody's token."""
    identity = token.identity
    account = pwd.getpwuid(os.geteuid()).pw_name
    return Event(
        at=time.time(),
        action=action,
        result="ok",
        who=identity.id,
        username=identity.username,
        target=token.id,
        detail=f"by the account {account}, mestral tokens",
    )
