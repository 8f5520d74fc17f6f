"""Compare two servers of one tree of experiments, request by request: Autosubmit API 4.2.0 and Mestral.

    python -m tools.compare http://127.0.0.1:8081 http://127.0.0.1:8000

The first address is the original. Give each server its own copy of the tree, made by `cp -a`: modification
times show in answers. Every difference is printed under the line of the contract that wants it
(docs/compatibility.md says the same in prose); one that no line wants is printed as UNEXPLAINED, and the exit
code is 1.
"""

import argparse
import json
import re
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from http.client import HTTPConnection
from typing import Any, NamedTuple
from urllib.parse import quote, urlsplit

from tools.questions import job_requests, requests


class Answer(NamedTuple):
    """What a server said: status, decoded JSON body (or its text)."""

    status: int
    body: Any


class Difference(NamedTuple):
    """One difference between two answers: where in the body (or `status`), and both values."""

    where: str
    original: Any
    mestral: Any


class Rule(NamedTuple):
    """Why a difference is wanted: for requests and places that match, by a line of the contract."""

    request: str
    where: str
    reason: str


RULES = (
    Rule("GET /v4/?$", r"\.routes@members", "only the routes this server has are listed (API_V4.md 1.1)"),
    Rule("", r"\.code", "errors carry a machine-readable code"),
    Rule("", "@unrouted", "unrouted paths and wrong methods have the envelope (API_V4.md 1.2, FIX)"),
    Rule("HEAD ", "status", "HEAD works (API_V4.md 1.1, FIX)"),
    Rule(
        r"(/|running)(\?|$)",
        "@redirect",
        "a slash at the end is served without a redirect (API_V3.md 1.1, FIX)",
    ),
    Rule("(query|owner)=[^&]*(%25|_)", "", "% and _ are literal (API_V4.md 3.1, FIX)"),
    Rule("/v3/search(owner)?/(%25|_)", "", "% and _ are literal (API_V3.md 2.4, FIX)"),
    Rule(
        "order_by=created",
        "experiments@(order|members)",
        "created is ordered by instant (API_V4.md 3.1, FIX)",
    ),
    Rule("page=9{20}", "@500", "numbers have no limit (API_V4.md 1.1, BUG)"),
    Rule("/jobs", r"\.splits?$", "splits are positive or null (API_V4.md 2, BUG; API_V3.md 1.5, FIX)"),
    Rule("job_name=!!", "", "!! is a double negation on every list (API_V4.md 4.1, TRAP)"),
    Rule("/v3/search/.+/(0|false|all)$", "experiment@members", "not every word filters (API_V3.md 2.4, FIX)"),
    Rule("/v3/(search|running)", r"\.wrapper$", "wrappers of Autosubmit 4 are shown (API_V3.md 2.4, FIX)"),
    Rule("/v3/search", r"\.modified$", "modified needs no configuration (API_V3.md 2.4, FIX)"),
    Rule("/v3/running", "@500", "a missing configuration breaks no list (API_V3.md 2.4, FIX)"),
    Rule(r"/v4/experiments(\?|$)", r"\.failed$", "a NULL counter is 0 (API_V4.md 3.1, FIX)"),
    Rule("/v3/(search|running)", r"\.failed$", "a NULL counter is 0 (API_V3.md 2.4: int)"),
    Rule("/jobs/[^/]+$", r"\.(submit|start|finish)$", "no time is made up (API_V4.md 4.2, BUG)"),
    Rule("/jobs/.+/(parents|children)", "@500", "edges of a graph; missing is empty (API_V4.md 4.3, FIX)"),
    Rule("/wrappers", "@500", "no table is no rows (API_V4.md 2, FIX)"),
    Rule("/jobs/[^/]+$", r"\.last_wrapper$", "no table is no rows (API_V4.md 2, FIX)"),
    Rule("/jobs", "@500", "missing is empty, damaged is 503 (API_V4.md 10.1)"),
    Rule("/(runs|user-metrics|eta)", "@500", "missing is empty, damaged is 503 (API_V4.md 10.1)"),
    Rule("/runs/1_0/config", "", "the id of a run is read as every integer (API_V4.md 5.2, FIX)"),
    Rule("/config", r"\.DATABASE_CONN_URL$", "no credentials in a configuration (as API_V4.md 5.3, FIX)"),
    Rule("/eta", r"\.estimate$", "a better estimate beside the figures (API_V4.md 5.5, TRAP)"),
    Rule("/filesystem-config", "@500", "unknown is 404, damaged is 503 (API_V4.md 5.3 and 10.1, FIX)"),
    Rule("%2e%2e/filesystem-config", "status", "only experiments have a configuration (API_V4.md 5.3, TRAP)"),
    Rule("/filesystem-config", r"\.config@order", "members of an object have no order (RFC 8259)"),
    Rule("/filesystem-config", r"\.AS_ENV(?!_CURRENT_USER)", "no environment is shown (API_V4.md 5.3, TRAP)"),
    Rule("/v3/expcount/", r"\.error_message$", "messages are sentences (API_V3.md 1.1, FIX)"),
)


def main() -> int:
    """Run the comparison; returns the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("original", help="base address of Autosubmit API")
    parser.add_argument("mestral", help="base address of Mestral")
    parser.add_argument("--verbose", action="store_true", help="print every difference, not one per line")
    options = parser.parse_args()

    found = fetch(options.original, "GET", "/v4/experiments?only_active=false&page_size=0")
    names = [item["name"] for item in found.body["experiments"]]
    jobs = {name: job_names(options.mestral, name) for name in names}
    roots = [root_of(base, names) for base in (options.original, options.mestral)]
    explained: dict[str, list[str]] = defaultdict(list)
    unexplained: list[str] = []
    count = same = 0
    for method, path in (*requests(names), *job_requests(jobs)):
        count += 1
        original = fetch(options.original, method, path, roots[0])
        mestral = fetch(options.mestral, method, path, roots[1])
        differences = list(compare(original, mestral))
        same += not differences
        for difference in differences:
            change = f"{_short(difference.original)} -> {_short(difference.mestral)}"
            line = f"{method} {path[:110]}  {difference.where}: {change}"
            reason = explain(f"{method} {path}", difference)
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
    if root:
        text = text.replace(root.encode(), b"@ROOT@")
    try:
        return Answer(response.status, json.loads(text) if text else "")
    except ValueError:
        return Answer(response.status, text.decode("utf-8", "replace"))


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
    elif (type(original), original) != (type(mestral), mestral):
        yield Difference(where, original, mestral)


def differ_lists(where: str, original: list[Any], mestral: list[Any]) -> Iterator[Difference]:
    """Differences of two lists: which items they have, their order, then item by item."""
    one, other = {_name(item): item for item in original}, {_name(item): item for item in mestral}
    if set(one) != set(other):
        yield Difference(f"{where}@members", list(one), list(other))
    elif list(one) != list(other):
        yield Difference(f"{where}@order", list(one), list(other))
    for name in one:
        if name in other:
            yield from differ(where, one[name], other[name])


def _name(item: Any) -> str:
    """What an item of a list is recognised by."""
    return str(item["name"]) if isinstance(item, dict) and "name" in item else json.dumps(item)


def explain(request: str, difference: Difference) -> str | None:
    """The line of the contract that wants a difference, None when there is none."""
    for rule in RULES:
        if re.search(rule.request, request) and re.search(rule.where, difference.where):
            return rule.reason
    return None


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 90 else f"{text[:87]}..."


if __name__ == "__main__":
    sys.exit(main())
