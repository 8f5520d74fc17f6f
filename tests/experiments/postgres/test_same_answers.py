"""One tree in files and in PostgreSQL gets the same answers.

A part of the questions of `tools.questions`, over all experiments; `tools.compare` asks them all.
"""

import shutil
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from litestar.testing import TestClient
from tests.experiments.api.conftest import SHARED, copy_shared, serve_tree
from tests.experiments.api.tree import make_tree
from tests.experiments.moving import Moved
from tests.postgres import Postgres
from tools.compare import Answer, compare, decoded
from tools.questions import additions, job_requests, requests
from tools.rules import BACKENDS, explain

STEP = 5  # every fifth: lists of questions repeat with periods that have no such divisor


def made(folder: Path) -> Path:
    (folder / "tree").mkdir()
    rc_file = make_tree(folder / "tree")
    return rc_file.rename(folder / "autosubmitrc")


TREES: dict[str, Callable[[Path], Path]] = {
    "made here": made,
    "reference": lambda folder: copy_shared(SHARED / "reference", folder),
    "real": lambda folder: copy_shared(SHARED / "real" / "autosubmit", folder),
}


class Served:
    """A tree and a client of an app that serves it."""

    def __init__(self, rc_file: Path, stack: ExitStack) -> None:
        self._root = str(rc_file.parent / "tree")
        self._client: TestClient[Any] = serve_tree(stack, rc_file, rc_file.parent / "state")

    def ask(self, method: str, path: str) -> Answer:
        answer = self._client.request(method, path)
        return decoded(answer.status_code, answer.content, self._root)

    def names(self) -> list[str]:
        found = self.ask("GET", "/v4/experiments?only_active=false&page_size=0")
        return [item["name"] for item in found.body["experiments"]]

    def jobs(self, name: str) -> list[str]:
        found = self.ask("GET", f"/v4/experiments/{name}/jobs?view=quick").body
        return [quote(job["name"], safe="") for job in found.get("jobs", ())]


@pytest.mark.parametrize("tree", TREES)
def test_answers_are_the_same(postgres: Postgres, tmp_path: Path, tree: str) -> None:
    (tmp_path / "files").mkdir()
    rc_file = TREES[tree](tmp_path / "files")
    shutil.copytree(rc_file.parent, tmp_path / "postgres", copy_function=shutil.copy2, symlinks=True)
    other = tmp_path / "postgres" / rc_file.name
    other.write_text(other.read_text().replace(str(rc_file.parent), str(other.parent)))
    Moved(other, postgres).remove_files()
    assert {".db", ".pkl"}.isdisjoint(file.suffix for file in other.parent.rglob("*"))
    with ExitStack() as stack:
        files, database = Served(rc_file, stack), Served(other, stack)
        names = files.names()
        jobs = {name: files.jobs(name) for name in names}
        asked = [*requests(names), *job_requests(jobs), *additions(names)]
        differences = [
            (method, path, difference)
            for method, path in asked[::STEP]
            for difference in compare(files.ask(method, path), database.ask(method, path))
            if explain(BACKENDS, f"{method} {path}", difference.where) is None
        ]
    assert differences == []
