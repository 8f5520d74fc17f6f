"""Which differences between two servers are wanted, and why.

A rule is as narrow as the questions allow: what it does not name is a mistake.
"""

import re
from collections.abc import Sequence
from typing import NamedTuple


class Rule(NamedTuple):
    """Why a difference is wanted: for requests and places that match, by a line of the contract."""

    request: str
    where: str
    reason: str


FILES = (
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
    Rule("/jobs/[^/]+$", r"\.remote_id$", "attempts inside wrappers count (METRICS.md 2.2, FIX)"),
    Rule("/eta", r"\.avg_runtime_per_chunk_seconds$", "attempts inside wrappers count (METRICS.md 2.2, FIX)"),
    Rule("/jobs/.+/(parents|children)", "@500", "edges of a graph; missing is empty (API_V4.md 4.3, FIX)"),
    Rule("/wrappers", "@500", "no table is no rows, unknown is 404 (API_V4.md 2, FIX; 10.1)"),
    Rule("/jobs/[^/]+$", r"\.last_wrapper$", "no table is no rows (API_V4.md 2, FIX)"),
    Rule("/jobs", "@500", "missing is empty, damaged is 503 (API_V4.md 10.1)"),
    Rule("/(runs|user-metrics|eta)", "@500", "missing is empty, damaged is 503 (API_V4.md 10.1)"),
    Rule("/runs/1_0/config", "", "the id of a run is read as every integer (API_V4.md 5.2, FIX)"),
    Rule("[/-]config", r"\.DATABASE_CONN_URL$", "no credentials in a configuration (as API_V4.md 5.3, FIX)"),
    Rule("/eta", r"\.estimate$", "a better estimate beside the figures (API_V4.md 5.5, TRAP)"),
    Rule("/filesystem-config", "@500", "unknown is 404, damaged is 503 (API_V4.md 5.3 and 10.1, FIX)"),
    Rule("%2e%2e/filesystem-config", "status", "only experiments have a configuration (API_V4.md 5.3, TRAP)"),
    Rule("/filesystem-config", r"\.config@order", "members of an object have no order (RFC 8259)"),
    Rule("/filesystem-config", r"\.AS_ENV(?!_CURRENT_USER)", "no environment is shown (API_V4.md 5.3, TRAP)"),
    Rule("/v3/expcount/", r"\.error_message$", "messages are sentences (API_V3.md 1.1, FIX)"),
)
"""Between Autosubmit API and Mestral, both over files."""

_OTHER_CASE = "letters match in either case on both backends (API_V4.md 3.1, TRAP and FIX)"
POSTGRES = (
    *FILES,
    Rule("(query|owner|hpc)=!?(A0|TEST|LTENORIO|local|mare)", r"@members|\.pagination\.", _OTHER_CASE),
    Rule("/v3/search(owner)?/(A0|A003|TEST|LTENORIO)$", "experiment@members", _OTHER_CASE),
    Rule(
        r"/v4/experiments\?(?!.*order_by)",
        "experiments@order",
        "without order_by the order is by id (API_V4.md 3.1, FIX)",
    ),
    Rule("/v3/(search|running)", "experiment@order", "rows are in order of their ids (API_V3.md 2.4, FIX)"),
    Rule("/children", "children@order", "children are in order of their names (API_V4.md 4.3, FIX)"),
    Rule(r"/runs/1\.0/config", "", "the id of a run is read as every integer (API_V4.md 5.2, FIX)"),
)
"""Between Autosubmit API and Mestral, both over PostgreSQL."""

BACKENDS = (
    Rule("/filesystem-config", r"\.DATABASE_BACKEND$", "the configuration names the backend (API_V4.md 5.3)"),
    Rule("/health", r"\.checked$", "the time of the answer"),
    Rule("/health", r"\.parts\.(format|size_bytes|modified|age_seconds)$", "the backend stores it otherwise"),
)
"""Between Mestral over files and Mestral over PostgreSQL."""

WANTED = {"files": FILES, "postgres": POSTGRES, "backends": BACKENDS}
"""The rules by what both servers read."""


def explain(rules: Sequence[Rule], request: str, where: str) -> str | None:
    """Why a difference is wanted, None when it is not.

    Args:
        rules: Those that count.
        request: Method and path.
        where: In the answer, as `tools.compare.Difference` has it.
    """
    for rule in rules:
        if re.search(rule.request, request) and re.search(rule.where, where):
            return rule.reason
    return None
