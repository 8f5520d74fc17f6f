"""Ask for many large experiments, one after the other, and see how much memory the server takes meanwhile.

    python -m benchmarks.touch TREE --work DIR --mestral 'mestral serve --host 127.0.0.1 --port {port}'

Guarantees: every experiment is a full copy with files of its own (`--count` of them: 200 of 10,000 jobs are
2.5 GB), so nothing that is kept of one serves another.
"""

from __future__ import annotations

import argparse
import shutil
import sqlite3
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from benchmarks import configuration
from benchmarks.endpoints import big_ones
from benchmarks.server import MemoryWatch, Server, fetch

_ASKED = ("jobs", "jobs?view=quick", "jobs?page_size=50&job_name=SIM", "wrappers", "runs", "eta", "health")


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.touch", description=(__doc__ or "").split("\n")[0]
    )
    parser.add_argument("tree", type=Path, help="a tree of benchmarks.generate; it is copied, never changed")
    parser.add_argument("--work", type=Path, required=True, help="folder for the copies, state and logs")
    parser.add_argument("--mestral", required=True, help="command with {port}")
    parser.add_argument("--count", type=int, default=200, help="how many experiments")
    parser.add_argument("--size", default="10k", help="which of the big ones are copied")
    parser.add_argument("--rest", type=float, default=65.0, help="seconds of rest before the last look")
    options = parser.parse_args(arguments)
    root = options.work.resolve() / "many"
    if not root.exists():
        _copies(options.tree, root, options.count, options.size)
    server = Server(
        "Mestral",
        options.mestral,
        root,
        configuration.write_rc(root / "autosubmitrc", root),
        options.work.resolve() / "touch",
    )
    with server.running(), MemoryWatch(server.tree) as watch:
        print(f"started: {_megabytes(server.tree.resident())} MB", flush=True)
        for number, expid in enumerate(_names(root), 1):
            for asked in _ASKED:
                status, _, _ = fetch(server.port, f"/v4/experiments/{expid}/{asked}", {})
                if status != 200:
                    sys.exit(f"{expid}/{asked} was answered {status}")
            if number % 20 == 0:
                now = _megabytes(server.tree.resident())
                print(f"{number} experiments: {now} MB, peak {_megabytes(watch.peak)} MB", flush=True)
        time.sleep(options.rest)
        print(f"after {options.rest:g} s of rest: {_megabytes(server.tree.resident())} MB")
    return 0


def _copies(tree: Path, root: Path, count: int, size: str) -> None:
    """A tree with copies of the big experiments of that size, in turn."""
    originals = [name for name in big_ones(tree) if name.endswith(size)]
    partial = root.with_suffix(".partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    with closing(sqlite3.connect(partial / "autosubmit.db")) as connection, connection:
        connection.execute(
            "CREATE TABLE experiment (id INTEGER PRIMARY KEY, name VARCHAR, description VARCHAR, "
            "autosubmit_version VARCHAR)"
        )
        for number in range(count):
            original = originals[number % len(originals)]
            copy = f"{original[0]}{number:03d}"
            version = "4.2.0" if original[0] == "d" else "4.1.17"
            connection.execute("INSERT INTO experiment VALUES (?, ?, '', ?)", (number + 1, copy, version))
            for file in _files(tree, original):
                target = partial / str(file.relative_to(tree)).replace(original, copy)
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(file, target)
    partial.rename(root)


def _files(tree: Path, expid: str) -> Iterator[Path]:
    """Everything that belongs to an experiment but its logs."""
    for folder in ("conf", "pkl", "db"):
        yield from (file for file in (tree / expid / folder).rglob("*") if file.is_file())
    yield from (tree / "metadata").rglob(f"*_{expid}.db")


def _names(root: Path) -> list[str]:
    with closing(sqlite3.connect(root / "autosubmit.db")) as connection:
        return [str(name) for (name,) in connection.execute("SELECT name FROM experiment ORDER BY id")]


def _megabytes(size: int) -> int:
    return size >> 20


if __name__ == "__main__":
    sys.exit(main())
