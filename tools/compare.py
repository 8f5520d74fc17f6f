"""Compare two servers of one tree of experiments, request by request: Autosubmit API 4.2.0 and Mestral.

    python tools/compare.py http://127.0.0.1:8081 http://127.0.0.1:8000

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
from collections.abc import Iterator, Mapping, Sequence
from http.client import HTTPConnection
from typing import Any, NamedTuple
from urllib.parse import quote, urlsplit


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


SEARCHES = (
    "",
    "only_active=true",
    "query=a&only_active=T",
    *(
        f"only_active=false&{more}"
        for more in (
            "",
            "page_size=2",
            "page_size=2&page=2",
            "page_size=2&page=99",
            "page_size=0",
            "page_size=-3&page=3",
            "page_size=1_0",
            "page_size=2.0&page=%2b1",
            "page=0",
            "page=-1",
            "page=",
            "page=x&page_size=1.5",
            "page=1%20",
            "page_size=",
            "page=99999999999999999999",
            "page=2&page=1",
            "Page=9",
            "nothing=1",
            "query=",
            "query=a0",
            "query=A0",
            "query=TEST",
            "query=wrapper",
            "query=root",
            "query=lten",
            "query=*",
            "query=%25",
            "query=_",
            "query=a%25",
            "query=%c3%a9",
            "query=%ff",
            "query='",
            "query=%5c",
            "query=zzzz",
            "owner=",
            "owner=ltenorio",
            "owner=LTENORIO",
            "owner=lten",
            "owner=lten*",
            "owner=*o*",
            "owner=!ltenorio",
            "owner=!lten*",
            "owner=!!ltenorio",
            "owner=!",
            "owner=!*",
            "owner=*",
            "owner=**",
            "owner=%25",
            "owner=_",
            "owner=ltenori_",
            "autosubmit_version=4.1.11",
            "autosubmit_version=4.1*",
            "autosubmit_version=!4.1*",
            "autosubmit_version=4.2.0",
            "autosubmit_version=3*0",
            "hpc=LOCAL",
            "hpc=local",
            "hpc=mare*",
            "hpc=!local",
            "hpc=FAKE*R",
            "exp_type=test",
            "exp_type=operational",
            "exp_type=experiment",
            "exp_type=",
            "exp_type=Test",
            "order_by=expid",
            "order_by=expid&order_desc=true",
            "order_by=created",
            "order_by=created&order_desc=yes",
            "order_by=description",
            "order_by=description&order_desc=1",
            "order_by=created&page_size=3&page=2",
            "order_by=name",
            "order_desc=true",
            "order_desc=2",
            "order_by=&exp_type=x&order_desc=maybe&page=0&page_size=x",
            "owner=ltenorio&hpc=local&order_by=expid&order_desc=on",
        )
    ),
    "only_active=",
    "only_active=2",
    "only_active=YES",
)
JOB_LISTS = (
    "",
    "view=base",
    "view=quick",
    "view=Quick",
    "view=",
    "page_size=3",
    "page_size=3&page=2",
    "page_size=3&page=99",
    "page_size=1000",
    "page_size=1001",
    "page_size=0",
    "page=5",
    "page=0",
    "page=99999999999999999999&page_size=2",
    "page_size=x&status=x&view=x&page=x",
    "status=COMPLETED",
    "status=WAITING&view=quick",
    "status=completed",
    "status=",
    "job_name=",
    "job_name=sim",
    "job_name=*SIM",
    "job_name=!sim",
    "job_name=!!sim",
    "job_name=!",
    "job_name=_1_",
    "job_name=%25",
    "job_name=.",
    "job_name=[",
    "job_name=(",
    "job_name=%5c",
    "job_name=_fc0*1*",
    "job_name=sim&status=COMPLETED&page_size=2&view=quick",
)
RUN_IDS = ("1", "2", "3", "10", "99", "0", "-1", "01", "+1", "1.0", "1.5", "%201", "1_0", "x", "", "9" * 20)
SECTIONS = (
    "",
    "section=",
    *(f"section={name}" for name in ("SIM", "sim", "INI", "POST", "CMORATM", "CHECK", "%25")),
)
NAMES = (
    "zzzz",
    "A003",
    "%2500",
    "..",
    "%2e%2e",
    "%c3%a9",
    "%ff",
    "a003%20",
    "x" * 300,
    "a'b",
    "a%22b",
    "%f0%9f%8c%8d",
)
JOBS = ("zzzz", "%2e%2e", "%20", "a%2fb", "%ff", "%25", "x" * 300)
"""Names of jobs that no experiment has."""
OF_A_JOB = (
    "",
    "/parents",
    "/children",
    "/parents?include_status=true",
    "/children?include_status=1",
    "/children?include_status=",
    "/parents/",
)
OTHERS = (
    "/",
    "/?ticket=x",
    "//",
    "/v4",
    "/v4/",
    "/v3",
    "/v4alpha",
    "/nothing",
    "/v4/experiments/",
    "//v4//experiments?only_active=false&page_size=1",
    "/v4/experiments/%2fa003",
    "/v4/experiments/a003%2fjobs?view=quick",
    "/v4/experiments/../a003",
    "/v4/experiments/..%2fa003",
    "/v3/filestatus",
    "/v3/shutdown/tree?loggedUser=null&expid=a003",
    "/v3/shutdown/anything?loggedUser=nobody&expid=zzzz",
    "/v3/running",
    "/v3/running/",
    "/v3/search",
    "/v3/search/",
    "/v3/expcount",
    "/v3/expcount/a003/b",
    "/v3/expcount/%2fa003",
    "/v3/search/a003%2fb",
    "/v3/search/a/all",
)
V3_SEARCHES = ("a", "a0", "A0", "TEST", "wrapper", "root", "*", "%25", "_", "!", "'", "%c3%a9", "zzzz", "%ff")
V3_TYPES = ("test", "operational", "experiment", "all", "TEST")
V3_ACTIVE = ("active", "true", "1", "0", "false", "all")
V3_OWNERS = (
    "ltenorio",
    "LTENORIO",
    "lten",
    "lten*",
    "!ltenorio",
    "!*",
    "*",
    "%25",
    "_",
    "root",
    "jyun",
    "zzzz",
    "!",
)

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


def requests(names: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Everything that is asked of both servers: method, and path as it is sent."""
    for path in OTHERS:
        yield "GET", path
    for path in ("/", "/v4", "/v4/experiments", "/v3/running", "/nothing"):
        yield "HEAD", path
        yield "POST", path
    for query in SEARCHES:
        yield "GET", f"/v4/experiments?{query}"
    for name in (*names, *NAMES):
        yield "GET", f"/v4/experiments/{name}"
        yield "GET", f"/v3/expcount/{name}"
        yield "GET", f"/v3/search/{name}"
        for query in JOB_LISTS if name in names else JOB_LISTS[:2]:
            yield "GET", f"/v4/experiments/{name}/jobs?{query}"
        yield "GET", f"/v4/experiments/{name}/filesystem-config"
        yield "GET", f"/v4/experiments/{name}/runs"
        yield "GET", f"/v4/experiments/{name}/user-metrics-runs"
        for run_id in RUN_IDS if name in names else RUN_IDS[:1]:
            yield "GET", f"/v4/experiments/{name}/runs/{run_id}/config"
            yield "GET", f"/v4/experiments/{name}/runs/{run_id}/user-metrics"
        for query in SECTIONS if name in names else SECTIONS[:1]:
            yield "GET", f"/v4/experiments/{name}/eta?{query}"
    for text in V3_SEARCHES:
        yield "GET", f"/v3/search/{text}"
    for kind in V3_TYPES:
        for active in V3_ACTIVE:
            yield "GET", f"/v3/search/a/{kind}/{active}"
    for owner in V3_OWNERS:
        yield "GET", f"/v3/searchowner/{owner}"


def root_of(base: str, names: Sequence[str]) -> str:
    """The folder that a server serves, which answers name; "" when no configuration says it."""
    for name in names:
        body = fetch(base, "GET", f"/v4/experiments/{name}/filesystem-config").body
        if isinstance(body, dict) and (root := body.get("config", {}).get("LOCAL_ROOT_DIR")):
            return str(root)
    return ""


def job_requests(jobs: Mapping[str, Sequence[str]]) -> Iterator[tuple[str, str]]:
    """What is asked about single jobs, and the wrappers, of the experiments of these names."""
    for name, known in jobs.items():
        yield "GET", f"/v4/experiments/{name}/wrappers"
        for job in (*known, *JOBS):
            for what in OF_A_JOB:
                yield "GET", f"/v4/experiments/{name}/jobs/{job}{what}"
    for name in NAMES:
        yield "GET", f"/v4/experiments/{name}/wrappers"
        for what in OF_A_JOB:
            yield "GET", f"/v4/experiments/{name}/jobs/x{what}"


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
