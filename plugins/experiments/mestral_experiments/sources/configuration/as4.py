"""The configuration of Autosubmit 4: YAML files of `conf/` and of wherever `DEFAULT.CUSTOM_CONFIG` points.

Guarantees: what comes out equals what Autosubmit 4.1.17.1 makes of the same files
(formats/AUTOSUBMIT_DATA.md 10 and experiments with it), without rc settings and environment. From low to
high: `*minimal.yml` < custom files `PRE` < the other files of `conf/` < custom files `POST`; within each
group in order of file names, or as listed.

A placeholder gets the value known when its file is merged, which happens in three stages:
  1. the files of `conf/` by themselves, and once more on top of the minimal ones (this second result finds
     the custom files, and fills the gaps at the end),
  2. the custom files and the result of 1,
  3. everything, with what is computed: folders, description, the main platform's `HPC...` keys.
"""

import logging
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mestral_experiments.sources.configuration import yaml
from mestral_experiments.sources.configuration.files import YAML_ENDINGS, Files
from mestral_experiments.sources.configuration.limits import MAX_FILES, MAX_NESTED_FILES, Budget
from mestral_experiments.sources.configuration.loops import expand_loops, has_loops
from mestral_experiments.sources.configuration.placeholders import (
    has_placeholders,
    resolve,
    resolve_late,
    resolve_text,
)
from mestral_experiments.sources.configuration.sections import (
    Data,
    complete,
    drop_computed,
    fill,
    merge,
    normalise,
    own_section,
    section,
    upper_keys,
    words,
)
from mestral_experiments.sources.faults import Damaged

logger = logging.getLogger(__name__)

_MINIMAL = tuple("minimal" + ending for ending in YAML_ENDINGS)


def load(files: Files, folder: Path, expid: str, description: str, settings: Mapping[str, Any]) -> Data:
    """The effective configuration.

    Args:
        files: Reads the files.
        folder: The experiment's folder.
        expid: Its name.
        description: `DEFAULT.DESCRIPTION`, unless a file has one.
        settings: Names that placeholders may use beyond those of the files; they do not appear in the result.

    Raises:
        Damaged: When a file that takes part is not usable, or all are too large.
    """
    return _Loading(files, folder, expid).load(description, settings)


class _Loading:
    """One load: the files already taken, and what is left of the limits."""

    def __init__(self, files: Files, folder: Path, expid: str) -> None:
        self._files = files
        self._folder = folder
        self._expid = expid
        self._budget = Budget()
        self._pinned: Data = {}
        self._folders: Data = {}
        self._placeholders = False
        self._custom_taken: set[str] = set()

    def load(self, description: str, settings: Mapping[str, Any]) -> Data:
        minimal: list[Data] = []
        others: list[Data] = []
        for path in self._files.yaml_files(f"{self._folder}/conf"):
            content = self._content(path)
            if content is not None:
                (minimal if path.endswith(_MINIMAL) else others).append(content)
                self._pinned.update(_kept(section(content, "DEFAULT"), "EXPID"))
        for content in others:
            self._pin(content)
        copies = [upper_keys(other, self._budget) for other in others] if minimal else []
        conf = self._conf(others)
        start = self._conf(minimal + copies) if minimal else conf
        self._pinned.update(_kept(section(start, "DEFAULT"), "CUSTOM_CONFIG"))
        custom = self._pinned.get("CUSTOM_CONFIG")

        data: Data = {}
        self._folders = {key: conf[key] for key in ("ROOTDIR", "PROJDIR")}
        self._add_custom(data, custom, "PRE", (start,))
        merge(data, conf)
        self._fill_in(data)
        self._add_custom(data, custom, "POST", (start,))
        if start is not conf:
            fill(data, start)

        default = own_section(data, "DEFAULT")
        default.update(self._pinned)
        if isinstance(custom, dict):
            default["CUSTOM_CONFIG"] = _as_text(custom)
        default.setdefault("DESCRIPTION", description)
        self._finish(data, settings)
        return data

    def _content(self, path: str) -> Data | None:
        """The content of a file, None when there is none or it is not part of the configuration."""
        content = self._files.read(path)
        if content is None:
            return None
        try:
            loaded = yaml.load(content, self._budget)
            if loaded is not None and not isinstance(loaded, dict):
                raise Damaged("not a mapping of sections")
            data: Data = upper_keys(loaded or {}, self._budget)
        except Damaged as damage:
            raise Damaged(f"{self._files.name(path)}: {damage}") from damage
        if data.get("AS_MISC"):
            return None
        self._placeholders = self._placeholders or has_placeholders(data)
        return data

    def _conf(self, contents: list[Data]) -> Data:
        """Stage 1: the files of `conf/`, with the folders they lead to."""
        data: Data = {}
        for content in contents:
            self._add(data, content)
        self._add_folders(data)
        self._fill_in(data)
        return data

    def _add(self, data: Data, content: Data) -> None:
        """Put one file's content over `data`."""
        drop_computed(content)
        normalise(content)
        loops = has_loops(content)
        merge(data, content)
        self._fill_in(data)
        if loops:
            expand_loops(data, self._budget)
            normalise(data)

    def _fill_in(self, data: Data) -> None:
        """Fill in placeholders, but those of CUSTOM_CONFIG, which is shown as it would be read at the end."""
        if self._placeholders:
            default = section(data, "DEFAULT")
            custom = _kept(default, "CUSTOM_CONFIG")
            default.pop("CUSTOM_CONFIG", None)
            resolve(data, self._budget, self._folders)
            default.update(custom)

    def _add_custom(
        self, data: Data, custom: Any, when: str, known: tuple[Data, ...], depth: int = 0
    ) -> None:
        """Stage 2: put the custom files of one kind over `data`, and around each what itself names."""
        if depth > MAX_NESTED_FILES:
            raise Damaged(f"custom configuration files name further ones more than {MAX_NESTED_FILES} deep")
        for entry in _entries(custom, when):
            for path in self._custom_paths(resolve_text(entry, self._budget, (*known, data))):
                content = self._content(path)
                if content is None:
                    continue
                self._pin(content)
                further = section(content, "DEFAULT").pop("CUSTOM_CONFIG", None)
                own = (*known, upper_keys(content, self._budget))
                below: Data = {}
                self._add_custom(below, further, "PRE", own, depth + 1)
                fill(data, below)
                self._add(data, content)
                self._add_custom(data, further, "POST", own, depth + 1)

    def _custom_paths(self, entry: str) -> list[str]:
        """The files of one entry, a file or a folder, that were not taken before."""
        path = self._files.expand_user(entry)
        if not path.startswith("/"):
            logger.info("custom configuration %r of %s is not an absolute path, ignored", entry, self._expid)
            return []
        path = os.path.normpath(path)
        if not self._files.look(path).inode:
            logger.info("custom configuration %r of %s does not exist, ignored", entry, self._expid)
            return []
        found = self._files.yaml_files(path) if Path(path).is_dir() else [path]
        fresh = [one for one in found if one not in self._custom_taken]
        self._custom_taken.update(fresh)
        return fresh

    def _finish(self, data: Data, settings: Mapping[str, Any]) -> None:
        """Stage 3: what is computed from everything."""
        data.pop("PROJDIR", None)
        if self._placeholders:
            resolve(data, self._budget)  # the project's destination among others, which leads to PROJDIR
        self._add_folders(data)
        if self._placeholders:
            resolve(data, self._budget)
            resolve_late(data, self._budget, settings)
        normalise(data)
        platform = self._main_platform(data)
        if self._placeholders:
            resolve(data, self._budget, platform, settings)
            normalise(data)
        complete(data)
        data.setdefault("AUTOSUBMIT", {})
        data.update(platform)

    def _pin(self, content: Data) -> None:
        """Whatever a file says, an experiment has one EXPID: the last in `conf/`, if there is one."""
        default = section(content, "DEFAULT")
        if "EXPID" in default and "EXPID" in self._pinned:
            default["EXPID"] = self._pinned["EXPID"]

    def _add_folders(self, data: Data) -> None:
        data["ROOTDIR"] = str(self._folder)
        destination = section(data, "PROJECT").get("PROJECT_DESTINATION", "project_files")
        data["PROJDIR"] = str(self._folder / "proj" / str("" if destination is None else destination))

    def _main_platform(self, data: Data) -> Data:
        """The `HPC...` keys: those of the main platform, its name, and the experiment's folders on it."""
        name = section(data, "DEFAULT").get("HPCARCH")
        name = "LOCAL" if name is None else str(name).upper()
        platform = section(section(data, "PLATFORMS"), name)
        keys: Data = {f"HPC{key}": value for key, value in platform.items()}
        keys["HPCARCH"] = name
        scratch, project, user = (platform.get(key) for key in ("SCRATCH_DIR", "PROJECT", "USER"))
        if scratch and project and user:
            keys["HPCROOTDIR"] = str(Path(str(scratch)) / str(project) / str(user) / self._expid)
        elif name == "LOCAL":
            keys["HPCROOTDIR"] = str(self._folder / "tmp")
        else:
            return keys
        keys["HPCLOGDIR"] = f"{keys['HPCROOTDIR']}/LOG_{self._expid}"
        return keys


def _kept(data: Data, key: str) -> Data:
    """That one key and its value, if it is there."""
    return {key: data[key]} if key in data else {}


def _entries(custom: Any, when: str) -> list[str]:
    """The entries of CUSTOM_CONFIG of one kind, with their placeholders. A plain text counts as PRE."""
    given = _as_text(custom).get(when) if isinstance(custom, dict) else custom if when == "PRE" else None
    entries = [entry for entry in words(given) if entry] if isinstance(given, str) else []
    if len(entries) > MAX_FILES:
        raise Damaged(f"CUSTOM_CONFIG names more than {MAX_FILES} files and folders")
    return entries


def _as_text(custom: Data) -> Data:
    """CUSTOM_CONFIG with its lists as text, which is how Autosubmit shows it."""
    return {
        when: ",".join(map(str, value)) if when in ("PRE", "POST") and isinstance(value, list) else value
        for when, value in custom.items()
    }
