"""Trim a tree made by ``make_demo.sh`` and pack it into the archive that ``mestral demo`` unpacks.

    python tools/pack_demo.py TREE [ARCHIVE]

TREE is the folder with ``autosubmit.db``. Guarantees: the same tree gives the same bytes (members sorted,
owner and permissions fixed, times in whole seconds, no time in the gzip header). Times of files are kept,
because the time of a job list is what an API shows as the last change. What is left out: job scripts, dumps,
checkouts, the middle of long logs.

Error logs contain the job template of Autosubmit, traced line by line, which is not ours to distribute: only
the part that belongs to the experiment is kept, and the packer refuses to go on if any of the rest is found.
Absolute paths are not rewritten: they are inside pickles and databases too. Make the tree in a neutral place
instead; the packer refuses a tree that names another one.
"""

from __future__ import annotations

import argparse
import gzip
import io
import re
import sqlite3
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path

ARCHIVE = Path(__file__).parents[1] / "plugins/experiments/mestral_experiments/demo/experiments.tar.gz"
LARGEST = 600_000
NEUTRAL = "/home/demo"
LOG_HEAD, LOG_TAIL = 60, 40

_DROPPED = re.compile(
    r"\.cmd$|\.cmd\.|\.sql$|\.bak$|\.py$|\.sh$|\.tar$|\.lock$|_COMPLETED$|^api_|-journal$|-wal$|-shm$"
    r"|^graph_data_|log_recovery"
)
_KEPT = re.compile(
    r"^(autosubmit|as_times)\.db$"
    r"|^metadata/(structures|data)/\w+\.db$"
    r"|^\w+/conf/.*\.ya?ml$|^\w+/(pkl|db)/\w+\.(pkl|db)$|^\w+/status/\w+\.txt$"
    r"|^\w+/tmp/\w+_(TOTAL_STATS|STAT(_\d+)?)$|^\w+/tmp/metrics_\w+\.db$"
    r"|^\w+/tmp/ASLOGS/\w+\.log$|^\w+/tmp/LOG_\w+/.*\.(out|err)(_attempt_\d+)?$"
)
_FOLDERS = re.compile(r"^(metadata(/\w+)?|\w+(/(conf|pkl|db|plot|status|tmp)(/\w+)?)?)$")
_JOB_PART = re.compile(
    r"#+\n# Autosubmit job\n#+\n(.*?)(?:as_exit_handler\n|#+\n# Autosubmit tailer|\Z)", re.DOTALL
)
_TEMPLATE = (
    b"as_exit_handler",
    b"AS_CHECKPOINT_CALLS",
    b"Autosubmit header",
    b"Autosubmit tailer",
    b"locale_to_set",
)
_PATH = re.compile(rb"(?<![\w.%}/~-])/(?:home|root|work|tmp|opt|srv|mnt|var|usr/local|Users)/[\w.-]+")


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("tree", type=Path)
    parser.add_argument("archive", type=Path, nargs="?", default=ARCHIVE)
    options = parser.parse_args()
    members = list(select(options.tree))
    problems = [problem for name, content, _ in members if content for problem in refuse(name, content)]
    packed = pack(members)
    if len(packed) > LARGEST:
        problems.append(f"the archive has {len(packed)} bytes, allowed are {LARGEST}")
    if problems:
        print("\n".join([*problems[:20], f"{len(problems)} problems"]), file=sys.stderr)
        return 1
    options.archive.write_bytes(packed)
    print(f"{options.archive.name}: {len(members)} members, {len(packed)} bytes")
    return 0


def select(tree: Path) -> Iterator[tuple[str, bytes | None, int]]:
    """Name, content (None for a folder) and time of everything that is kept, sorted by name."""
    for path in sorted(tree.rglob("*")):
        name = path.relative_to(tree).as_posix()
        if path.is_symlink():
            continue
        if path.is_dir():
            if _FOLDERS.match(name):
                yield name, None, int(path.stat().st_mtime)
        elif _KEPT.match(name) and not _DROPPED.search(path.name):
            yield name, trimmed(path), int(path.stat().st_mtime)


def trimmed(path: Path) -> bytes:
    """The content to keep of one file."""
    if path.suffix == ".db":
        return compact(path)
    content = path.read_bytes()
    if re.search(r"\.err(_attempt_\d+)?$", path.name):
        return own_part(content.decode("utf-8", "replace")).encode()
    if path.suffix in (".log", ".txt"):
        lines = content.splitlines(keepends=True)
        if len(lines) > LOG_HEAD + LOG_TAIL:
            return b"".join([*lines[:LOG_HEAD], b"[...]\n", *lines[-LOG_TAIL:]])
    return content


def compact(path: Path) -> bytes:
    """A database without its free pages; the file itself is left as it is."""
    source = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    copy = sqlite3.connect(":memory:")
    try:
        source.backup(copy)
        copy.execute("VACUUM")
        return copy.serialize()
    finally:
        source.close()
        copy.close()


def own_part(text: str) -> str:
    """The lines of an error log that come from the script of the experiment."""
    found = _JOB_PART.search(text)
    if found is None and not any(word.decode() in text for word in _TEMPLATE):
        return text
    identity = re.match(r"\[INFO\] JOBID=.*\n", text)
    return (identity.group() if identity else "") + (found.group(1) if found else "")


def refuse(name: str, content: bytes) -> Iterator[str]:
    """Reasons not to pack a file."""
    for word in _TEMPLATE:
        if word in content:
            yield f"{name}: contains a piece of Autosubmit's job template ({word.decode()})"
    for found in sorted(set(_PATH.findall(content))):
        if not found.decode().startswith(NEUTRAL):
            yield f"{name}: names the path {found.decode()}"


def pack(members: list[tuple[str, bytes | None, int]]) -> bytes:
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name, content, modified in members:
            entry = tarfile.TarInfo(name)
            entry.mtime = modified
            entry.mode = 0o755 if content is None else 0o644
            entry.type = tarfile.DIRTYPE if content is None else tarfile.REGTYPE
            entry.size = len(content or b"")
            archive.addfile(entry, io.BytesIO(content or b""))
    packed = io.BytesIO()
    with gzip.GzipFile(filename="", fileobj=packed, mode="wb", compresslevel=9, mtime=0) as stream:
        stream.write(plain.getvalue())
    return packed.getvalue()


if __name__ == "__main__":
    sys.exit(main())
