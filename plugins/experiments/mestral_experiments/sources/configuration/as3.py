"""The configuration of Autosubmit 3: five ini files (formats/AUTOSUBMIT_DATA.md 9, contract/API_V4.md 5.3).

Guarantees: `conf, exp, platforms, jobs, proj`, each section -> option -> text, with the case of both kept
and the options of `[DEFAULT]` in every section, after its own. `%(name)s` is filled in within limits; an
option where that is not possible is given as written. A missing file has no sections.
"""

import configparser
import re
from pathlib import Path

from mestral_experiments.sources.configuration.files import Files
from mestral_experiments.sources.configuration.limits import Budget
from mestral_experiments.sources.faults import Damaged

Sections = dict[str, dict[str, str]]

_FILES = {"conf": "autosubmit", "exp": "expdef", "platforms": "platforms", "jobs": "jobs", "proj": "proj"}
_MAX_DEPTH = configparser.MAX_INTERPOLATION_DEPTH
_REFERENCE = re.compile(r"%(?:\((?P<name>[^)]+)\)s|(?P<percent>%)|(?P<wrong>))")


def marker(folder: Path, expid: str) -> str:
    """Path of the file whose presence says that an experiment is configured as in Autosubmit 3."""
    return f"{folder}/conf/expdef_{expid}.conf"


def needed(folder: str, expid: str) -> tuple[str, ...]:
    """The files without which Autosubmit itself refuses an experiment: all but that of the project."""
    return tuple(f"{folder}/conf/{name}_{expid}.conf" for key, name in _FILES.items() if key != "proj")


def load(files: Files, folder: Path, expid: str) -> dict[str, Sections]:
    """The five files.

    Raises:
        Damaged: When one of them cannot be read or is not an ini file.
    """
    budget = Budget()
    return {
        key: _sections(files, f"{folder}/conf/{name}_{expid}.conf", budget) for key, name in _FILES.items()
    }


def _sections(files: Files, path: str, budget: Budget) -> Sections:
    content = files.read(path)
    if content is None:
        return {}
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("latin-1")  # Autosubmit 3 ran on Python 2, which did not care
    parser = configparser.RawConfigParser(strict=False)
    parser.optionxform = str  # type: ignore[assignment,method-assign]  # the documented way to keep case
    try:
        parser.read_string(text)
    except configparser.Error as error:
        raise Damaged(f"{files.name(path)}: not an ini file: {' '.join(str(error).split())}") from error
    sections: Sections = {}
    for name in parser.sections():
        options = {option: parser.get(name, option) for option in parser.options(name)}  # its own come first
        budget.spend_nodes(len(options))
        sections[name] = {option: _filled(value, options, budget) for option, value in options.items()}
    return sections


class _Impossible(Exception):  # noqa: N818 - never leaves this module
    """The text has a lone `%`, names an unknown option, or refers to itself."""


def _filled(value: str, options: dict[str, str], budget: Budget) -> str:
    """`value` with its references filled in, or as written."""
    try:
        return _interpolated(value, options, budget, _MAX_DEPTH) if "%" in value else value
    except _Impossible:
        return value


def _interpolated(value: str, options: dict[str, str], budget: Budget, depth: int) -> str:
    if not depth:
        raise _Impossible

    def replacement(found: re.Match[str]) -> str:
        if found["percent"]:
            return "%"
        if found["name"] not in options:
            raise _Impossible
        return _interpolated(options[found["name"]], options, budget, depth - 1)

    filled = _REFERENCE.sub(replacement, value)
    budget.spend_characters(len(filled))
    return filled
