"""The YAML file of Autosubmit API: periodic tasks, runners and their profiles (contract/CONFIG.md 4).

No plugin of this version reads it. This module goes to the plugins that will, section by section.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from mestral.contributions import Migrated, Verdict
from mestral.settings.nearest import did_you_mean

_MOST_BYTES = 1024 * 1024
_TASKS = ("TASK_STTSUPDTR", "TASK_POPDET", "TASK_POPGRPH")
_NO_TASKS = "No periodic task is here yet: the tables that Autosubmit API's tasks fill keep what they hold."
_SILENT = "Autosubmit API goes on without a word, with everything at its default."
_ANY_TEXT = "is a text, and Autosubmit API takes any text for true: write false or true."
_NO_RUNNERS = "No runner is here yet: run commands with Autosubmit API until there is."


def of_yaml(environ: Mapping[str, str]) -> list[Migrated]:
    """What becomes of each section of the file of AS_API_CONFIG_FILE, else of ~/.autosubmit_api.yaml."""
    named = environ.get("AS_API_CONFIG_FILE")
    file = Path(named or "~/.autosubmit_api.yaml").expanduser()
    try:
        with file.open("rb") as stream:
            content = stream.read(_MOST_BYTES + 1)
        mode = file.stat().st_mode
    except FileNotFoundError:
        message = f"The file does not exist. {_SILENT}"
        return [_item(Verdict.IGNORED, "AS_API_CONFIG_FILE", file, message)] if named else []
    except OSError as error:
        return [_item(Verdict.UNREADABLE, file.name, file, f"The file cannot be read: {error.strerror}.")]
    if len(content) > _MOST_BYTES:
        message = f"The file has more than {_MOST_BYTES} bytes. Is it the right one?"
        return [_item(Verdict.UNREADABLE, file.name, file, message)]
    try:
        document = yaml.safe_load(content)
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        place = f" (line {mark.line + 1})" if mark else ""
        message = f"The file is no valid YAML{place}. {_SILENT}"
        return [_item(Verdict.UNREADABLE, file.name, file, message)]
    items = []
    if mode & 0o002:
        message = f"Every account can write this file, and so say which commands run where: chmod o-w {file}"
        items.append(_item(Verdict.UNSAFE, file.name, file, message))
    return [*items, *_sections(document, file)]


def _sections(document: Any, file: Path) -> Iterator[Migrated]:
    if document is None:
        message = "The file is empty, and Autosubmit API does not start with it. Here it changes nothing."
        yield _item(Verdict.IGNORED, file.name, file, message)
        return
    if not isinstance(document, dict):
        yield _item(Verdict.UNREADABLE, file.name, file, "The file must be a table of sections at its top.")
        return
    for name, section in document.items():
        match name:
            case "BACKGROUND_TASKS":
                yield from _tasks(section, file)
            case "RUNNERS":
                yield from _runners(section, file)
            case "RUNNER_CONFIGURATION":
                yield from _runner_configuration(section, file)
            case _:
                known = ("BACKGROUND_TASKS", "RUNNERS", "RUNNER_CONFIGURATION")
                message = f"Autosubmit API does not read it either.{did_you_mean(str(name), known)}"
                yield _item(Verdict.IGNORED, str(name), file, message)


def _tasks(section: Any, file: Path) -> Iterator[Migrated]:
    if not isinstance(section, dict):
        message = f"The section is empty, and Autosubmit API does not start with it. {_NO_TASKS}"
        yield _item(Verdict.IGNORED, "BACKGROUND_TASKS", file, message)
        return
    for name, options in section.items():
        key = f"BACKGROUND_TASKS.{name}"
        table = options if isinstance(options, dict) else {}
        message = _NO_TASKS
        if name not in _TASKS:
            message = f"There is no such task.{did_you_mean(str(name), _TASKS)}"
        elif "INTERVAL" in table and type(table["INTERVAL"]) is not int:
            message += f" Autosubmit API does not honour INTERVAL: {table['INTERVAL']!r} is no whole number."
        elif "ENABLED" in table and type(table["ENABLED"]) is not bool:
            message += (
                f" ENABLED: {table['ENABLED']!r} is not true or false, and Autosubmit API runs the task."
            )
        yield _item(Verdict.IGNORED, key, file, message)


def _runners(section: Any, file: Path) -> Iterator[Migrated]:
    """The gate of v4alpha."""
    for name, options in (section if isinstance(section, dict) else {}).items():
        table = options if isinstance(options, dict) else {}
        key = f"RUNNERS.{name}"
        enabled = table.get("ENABLED", False)
        if not enabled:
            yield _item(Verdict.IGNORED, key, file, "It is switched off.")
            continue
        if isinstance(enabled, str):
            message = f'ENABLED: "{enabled}" {_ANY_TEXT}'
            yield _item(Verdict.UNSAFE, key, file, message)
        yield _item(Verdict.DECIDE, key, file, _NO_RUNNERS)
        loaders = table.get("MODULE_LOADERS")
        for loader, choice in (loaders if isinstance(loaders, dict) else {}).items():
            if isinstance(choice, dict) and choice.get("SAFE_ROOT_PATH"):
                message = "SAFE_ROOT_PATH is never enforced: whoever has a token loads what lies outside."
                yield _item(Verdict.UNSAFE, f"{key}.MODULE_LOADERS.{loader}", file, message)


def _runner_configuration(section: Any, file: Path) -> Iterator[Migrated]:
    """The runners of v4."""
    if not isinstance(section, dict):
        message = (
            f"The section is empty, and every runner endpoint of Autosubmit API answers 500. {_NO_RUNNERS}"
        )
        yield _item(Verdict.IGNORED, "RUNNER_CONFIGURATION", file, message)
        return
    endpoints, profiles = section.get("ENDPOINTS"), section.get("PROFILES")
    for name, options in (endpoints if isinstance(endpoints, dict) else {}).items():
        enabled = options.get("ENABLED") if isinstance(options, dict) else None
        if isinstance(enabled, str) and enabled.strip().lower() in ("false", "no", "off", "0"):
            message = f'ENABLED: "{enabled}" {_ANY_TEXT}'
            yield _item(Verdict.UNSAFE, f"RUNNER_CONFIGURATION.ENDPOINTS.{name}", file, message)
    for name, profile in (profiles if isinstance(profiles, dict) else {}).items():
        key = f"RUNNER_CONFIGURATION.PROFILES.{name}"
        ssh = profile.get("SSH") if isinstance(profile, dict) else None
        message = _NO_RUNNERS
        if isinstance(ssh, dict) and "USER" in ssh and "USERNAME" not in ssh:
            message += (
                " SSH.USER is what the documentation of Autosubmit API says, and its code wants SSH.USERNAME."
            )
        yield _item(Verdict.DECIDE, key, file, message)


def _item(verdict: Verdict, name: str, file: Path, message: str) -> Migrated:
    return Migrated(verdict=verdict, name=name, where=str(file), message=message)
