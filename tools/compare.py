"""Compare two servers of one tree of experiments, request by request: Autosubmit API 4.2.0 and Mestral.

    python -m tools.compare http://127.0.0.1:8081 http://127.0.0.1:8000
    python -m tools.compare --between postgres http://127.0.0.1:8081 http://127.0.0.1:8000
    python -m tools.compare --between dumps http://127.0.0.1:8081 http://127.0.0.1:8000
    python -m tools.compare --between backends http://127.0.0.1:8000 http://127.0.0.1:8001

The first address is the original; between backends it is Mestral over files, the second Mestral over
PostgreSQL; between dumps both read a database of Autosubmit's and no files. Give each server its own copy
of the tree, made by `cp -a`: modification times show in answers.
Every difference is printed under its reason, a line of the contract (in `rules.py`, and as prose in
docs/compatibility.md); one without is printed as UNEXPLAINED, and the exit code is 1.
"""

import argparse
import json
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from typing import Any, NamedTuple
from urllib.parse import quote, urlsplit

from tools.questions import additions, job_requests, requests
from tools.rules import WANTED, explain


class Answer(NamedTuple):
    """What a server said: status, decoded JSON body (or its text)."""

    status: int
    body: Any


class Difference(NamedTuple):
    """One difference between two answers: where in the body (or `status`), and both values."""

    where: str
    original: Any
    mestral: Any


def main() -> int:
    """Run the comparison; returns the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("original", help="base address of Autosubmit API")
    parser.add_argument("mestral", help="base address of Mestral")
    parser.add_argument("--between", choices=WANTED, default="files", help="what both servers read")
    parser.add_argument("--verbose", action="store_true", help="print every difference, not one per line")
    options = parser.parse_args()

    found = fetch(options.original, "GET", "/v4/experiments?only_active=false&page_size=0")
    names = [item["name"] for item in found.body["experiments"]]
    jobs = {name: job_names(options.mestral, name) for name in names}
    bases = (options.original, options.mestral)
    roots = [root_of(base, names) for base in bases]
    both = ThreadPoolExecutor(2)
    explained: dict[str, list[str]] = defaultdict(list)
    unexplained: list[str] = []
    count = same = 0
    asked = [*requests(names), *job_requests(jobs)]
    if options.between == "backends":
        asked += additions(names)
    for method, path in asked:
        count += 1
        original, mestral = both.map(fetch, bases, (method,) * 2, (path,) * 2, roots)  # at once: now moves
        differences = list(compare(original, mestral))
        same += not differences
        for difference in differences:
            change = f"{_short(difference.original)} -> {_short(difference.mestral)}"
            line = f"{method} {path[:110]}  {difference.where}: {change}"
            reason = explain(WANTED[options.between], f"{method} {path}", difference.where)
            (unexplained if reason is None else explained[reason]).append(line)
    print(f"{count} requests over {len(names)} experiments: {same} equal, {count - same} different")
    for reason, lines in explained.items():
        print(f"\n{reason}: {len(lines)}")
        print("\n".join(f"  {line}" for line in (lines if options.verbose else lines[:1])))
    if unexplained:
        print(f"\nUNEXPLAINED: {len(unexplained)}")
        print("\n".join(f"  {line}" for line in unexplained))
    return 1 if unexplained else 0


def root_of(base: str, names: Sequence[str]) -> str:
    """The folder that a server serves, which answers name; "" when no configuration says it."""
    for name in names:
        body = fetch(base, "GET", f"/v4/experiments/{name}/filesystem-config").body
        if isinstance(body, dict) and (root := body.get("config", {}).get("LOCAL_ROOT_DIR")):
            return str(root)
    return ""


def job_names(base: str, name: str) -> list[str]:
    """Names of the jobs of an experiment as they stand in a path."""
    found = fetch(base, "GET", f"/v4/experiments/{name}/jobs?view=quick")
    return [quote(job["name"], safe="") for job in found.body.get("jobs", ())]


def fetch(base: str, method: str, path: str, root: str = "") -> Answer:
    """Send one request with its path untouched; `root` shows as `@ROOT@` in the answer."""
    address = urlsplit(base)
    connection = HTTPConnection(address.hostname or "127.0.0.1", address.port, timeout=120)
    try:
        connection.request(method, quote(path, safe="/%?&=+*!'()[]_.~-:@,;$"))
        response = connection.getresponse()
        text = response.read()
    finally:
        connection.close()
    return decoded(response.status, text, root)


def decoded(status: int, text: bytes, root: str = "") -> Answer:
    """An answer as it is compared; see `fetch`."""
    if root:
        text = text.replace(root.encode(), b"@ROOT@")
    try:
        return Answer(status, json.loads(text) if text else "")
    except ValueError:
        return Answer(status, text.decode("utf-8", "replace"))


def compare(original: Answer, mestral: Answer) -> Iterator[Difference]:
    """All differences; those of a whole answer are told apart by a mark: `@redirect`, `@500`, `@unrouted`."""
    if original.status == 307 != mestral.status:
        yield Difference("status@redirect", original.status, mestral.status)
    elif original.status == 500 and mestral.status != 500:
        yield Difference("status@500", (original.status, original.body), (mestral.status, mestral.body))
    elif original.status != mestral.status:
        yield Difference("status", original.status, mestral.status)
    else:
        mark = "@unrouted" if isinstance(original.body, dict) and "detail" in original.body else ""
        for difference in differ("", original.body, mestral.body):
            yield difference._replace(where=difference.where + mark)


def differ(where: str, original: Any, mestral: Any) -> Iterator[Difference]:
    """Differences of two JSON values, the order of keys included."""
    if isinstance(original, dict) and isinstance(mestral, dict):
        common = [key for key in original if key in mestral]
        if common != [key for key in mestral if key in original]:
            yield Difference(f"{where}@order", list(original), list(mestral))
        for key in [*original, *(key for key in mestral if key not in original)]:
            if key not in original or key not in mestral:
                yield Difference(f"{where}.{key}", original.get(key, "absent"), mestral.get(key, "absent"))
            else:
                yield from differ(f"{where}.{key}", original[key], mestral[key])
    elif isinstance(original, list) and isinstance(mestral, list):
        yield from differ_lists(where, original, mestral)
    elif original != mestral or isinstance(original, bool) is not isinstance(mestral, bool):
        yield Difference(where, original, mestral)  # 0 and 0.0 are the same number (RFC 8259)


def differ_lists(where: str, original: list[Any], mestral: list[Any]) -> Iterator[Difference]:
    """Differences of two lists: which items they have, their order, then item by item."""
    one, other = _named(original), _named(mestral)
    if set(one) != set(other):
        yield Difference(f"{where}@members", list(one), list(other))
    elif list(one) != list(other):
        yield Difference(f"{where}@order", list(one), list(other))
    for name in one:
        if name in other:
            yield from differ(where, one[name], other[name])


_NAMES = ("name", "part", "refKey", "id", "run_id", "counter", "platform", "index")


def _named(items: list[Any]) -> dict[str, Any]:
    """Items by name; what has the name of one before it is that name again, by number."""
    named: dict[str, Any] = {}
    seen: Counter[str] = Counter()
    for item in items:
        name = _name(item)
        seen[name] += 1
        named[name if seen[name] == 1 else f"{name} ({seen[name]})"] = item
    return named


def _name(item: Any) -> str:
    """What an item of a list is recognised by."""
    known = [str(item[key]) for key in _NAMES if key in item] if isinstance(item, dict) else []
    return known[0] if known else json.dumps(item)


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 90 else f"{text[:87]}..."


if __name__ == "__main__":
    sys.exit(main())
