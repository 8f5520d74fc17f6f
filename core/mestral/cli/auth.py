"""`mestral auth explain`: whether somebody may do something, and what has a say in it.

Guarantees: asks the same policy as the server, plugins included, and writes nothing. Plugins are not started.
"""

import asyncio
import sys

import click
import msgspec

from mestral.auth.identity import ACCOUNT, PERSON, Identity, account_of
from mestral.cli.look import look_at_plugins
from mestral.cli.options import CliOptions
from mestral.cli.output import columns, print_json
from mestral.settings.access import AuthSettings


class Explanation(msgspec.Struct, frozen=True, kw_only=True):
    """What `--json` prints."""

    identity: str
    account: str
    action: str
    expid: str
    allowed: bool
    message: str
    says: list[dict[str, str]]


@click.group()
def auth() -> None:
    """Look at who may do what."""


@auth.command()
@click.argument("user")
@click.argument("action", type=click.Choice(["operate"]))
@click.argument("expid", default="")
@click.option("--username", help="Name at the login, where it is not the subject.")
@click.option("--group", "groups", multiple=True, help="A group that the login tells; may be repeated.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def explain(
    options: CliOptions,
    *,
    user: str,
    action: str,
    expid: str,
    username: str | None,
    groups: tuple[str, ...],
    as_json: bool,
) -> None:
    """Say whether USER may do ACTION to the experiment EXPID, and every rule that has a say.

    USER is provider:subject (github:583231) or an account of this site (alice). Exits with 0 when they may,
    with 1 when they may not.
    """
    from mestral.auth.policy import Policy

    found = look_at_plugins(options)
    found.make_instances()
    settings = found.settings.auth
    identity = _identity(settings, user, username, groups)
    policy = Policy(settings, found)
    ruling = asyncio.run(policy.decide(identity, "operate", expid))
    explanation = Explanation(
        identity=user,
        account=identity.account,
        action=action,
        expid=expid,
        allowed=ruling.allowed,
        message=ruling.message,
        says=[msgspec.structs.asdict(say) for say in ruling.says],
    )
    if as_json:
        print_json(explanation)
    else:
        _print(explanation)
    sys.exit(0 if ruling.allowed else 1)


def _identity(settings: AuthSettings, user: str, username: str | None, groups: tuple[str, ...]) -> Identity:
    if PERSON.fullmatch(user):
        provider, _, subject = user.partition(":")
        name = username or subject
        account = account_of(settings, provider, subject, name)
        return Identity(provider=provider, subject=subject, username=name, groups=groups, account=account)
    if ACCOUNT.fullmatch(user):
        return Identity(provider="", subject=user, username=user, groups=groups, account=user)
    message = f"{user!r} must be provider:subject, such as github:583231, or an account of this site."
    raise click.BadParameter(message, param_hint="USER")


def _print(explanation: Explanation) -> None:
    who = explanation.identity
    if explanation.account not in ("", who):
        who += f" (account {explanation.account})"
    what = f"{explanation.action} {explanation.expid or 'where no experiment is named'}"
    click.echo(f"{who} {'may' if explanation.allowed else 'may not'} {what}.")
    rows = [(say["effect"], say["by"], say["why"]) for say in explanation.says]
    for line in columns(rows) if rows else ["nothing allows it"]:
        click.echo(f"  {line}")
