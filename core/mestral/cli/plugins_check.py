"""`mestral plugins check [NAME]`: everything loaded as the server would, what is wrong, and what to do.

Guarantees: nothing is written, no reader and no plugin is started. Exits with 0 when all is well, 1 when
something is wrong, 2 for an unknown name.
"""

import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click
import msgspec

from mestral.cli.look import clean_output, unknown_plugin
from mestral.cli.options import CliOptions
from mestral.cli.output import paragraph, print_json
from mestral.settings import SettingsError, load_settings

if TYPE_CHECKING:
    from mestral.check import Report


@click.command()
@click.argument("name", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print JSON: good, starts, plugins, settings, slow.")
@click.pass_obj
def check(options: CliOptions, name: str | None, as_json: bool) -> None:
    """Load everything as the server would and say what is wrong.

    All plugins that are to be used are judged, or NAME alone; one that is not enabled is then loaded as if it
    were. Nothing is written and nothing is started. Exits with 0 when all is well, with 1 when something is
    wrong, with 2 for an unknown NAME.
    """
    from mestral.check import check_platform

    try:
        settings = load_settings(config=options.config)
        findings = settings.findings
    except SettingsError as error:
        if error.settings is None:
            raise click.ClickException(str(error)) from error
        # All is reported in one run: what is wrong stays at its default meanwhile.
        settings, findings = error.settings, error.findings
    with clean_output():
        report = check_platform(settings, name)
    if name is not None and not report.judged:
        raise unknown_plugin(name, report.others)
    report = msgspec.structs.replace(report, findings=(*findings, *report.findings))
    if as_json:
        print_json(_plain(report))
    else:
        for line in _lines(report):
            click.echo(line)
    if not report.good:
        sys.exit(1)


def _plain(report: "Report") -> dict[str, Any]:
    return {
        "good": report.good,
        "starts": not report.refusal,
        "refusal": report.refusal,
        "plugins": [
            {"name": record.name, "state": record.state, "reason": record.reason} for record in report.judged
        ],
        "settings": [
            {"level": f.level, "where": f.where, "key": f.key, "message": f.message} for f in report.findings
        ],
        "slow": report.slow,
    }


def _lines(report: "Report") -> Iterator[str]:
    for record in report.judged:
        yield f"{record.name} is {record.state}"
        if record.reason:
            yield paragraph(record.reason, 4)
    for slow in report.slow:
        yield f"{slow.plugin} is slow: step '{slow.step}' took {slow.seconds:g} s, which every start pays"
    for finding in report.findings:
        if not any(finding.message in record.reason for record in report.judged):
            yield finding.level
            yield paragraph(finding.line, 4)
    if report.others:
        yield "not judged: " + ", ".join(f"{record.name} ({record.state})" for record in report.others)
    if report.refusal:
        yield report.refusal
    yield "All is well." if report.good else "Something is wrong."
