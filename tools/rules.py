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


_JOBS = r"\.(jobs|nodes|pkl_content)"
_ASKED = "/v3/(tree|graph|pklinfo|pkltreeinfo|quick)/"
_WRAPPED = "(a001|a002|a004|a005|aa6f)"
_UNKNOWN = "(?!a[0-9a-z]{3}($|/))"
"""What is no name of an experiment in these trees."""
_VIEWS = (
    Rule(f"{_ASKED}a1ve", "", "no structure is no edges, and no error (API_V3.md 1.6, FIX)"),
    Rule(f"{_ASKED}", r"\.error_message$", "messages are sentences (API_V3.md 1.1, FIX)"),
    Rule(f"{_ASKED}", rf"{_JOBS}\.splits?$", "splits are positive or null (API_V3.md 1.5, FIX)"),
    Rule(f"{_ASKED}", rf"{_JOBS}\.queue$", "missing is blank (API_V3.md 1.6, FIX)"),
    Rule(f"{_ASKED}a8qc", rf"{_JOBS}\.(out|err)$", "compressed logs are logs (API_V3.md 1.6, FIX)"),
    Rule(
        f"{_ASKED}{_WRAPPED}",
        rf"{_JOBS}\.wrapper_(code|id)$",
        "the number of the wrapper (API_V3.md 1.6, FIX)",
    ),
    Rule(f"/v3/quick/{_WRAPPED}", r"\.tree_view\.title$", "the number of the wrapper (API_V3.md 1.6, FIX)"),
    Rule(f"{_ASKED}(a002|a005|a6zj|aa6f)", rf"{_JOBS}\.shape$", "symbols in turn (API_V3.md 1.6, FIX)"),
    Rule(f"{_ASKED}", r"(children_list|parent_list|packages.*|edges)@order$", "by name (API_V3.md 1.6, FIX)"),
    Rule(
        f"{_ASKED}(aa6f)",
        r"(children(_list)?|parents|parent_list|level|edges)(@members)?$|max_children|\.title$|\.ASYPD$|minutes_queue$|running_text$",
        "names that are gone are left out; an unknown wrapper is a chain (METRICS.md 2.5, FIX)",
    ),
    Rule("/v3/graph/aa6f", "", "an edge to a job that is gone breaks no graph (API_V3.md 3, FIX)"),
    Rule(
        f"{_ASKED}a004",
        rf"{_JOBS}\.(minutes|running_text|submit|start|finish|SYPD|ASYPD)$|\.title$",
        "rows of type 1 count (METRICS.md 2.2, FIX)",
    ),
    Rule(f"{_ASKED}a3tb", rf"{_JOBS}\.(minutes|minutes_queue|running_text)$|\.title$", "now moves"),
    Rule("/v3/(tree|graph)/", r"\.pkl_timestamp$", "when the job list changed (API_V3.md 3, 4, FIX)"),
    Rule(f"/v3/tree/{_UNKNOWN}", r"\.reference$", "an object where there is no tree (API_V3.md 4, FIX)"),
    Rule("/v3/graph/", r"\.(packages|chunk_unit|chunk_size)$", "all keys in a failure (API_V3.md 3, FIX)"),
    Rule("/v3/graph/", r"(^|\.groups_data)@order$", "members of an object have no order (RFC 8259)"),
    Rule("/v3/graph/.*/date-member", r"\.groups@order$", "by date and member (API_V3.md 3.3, FIX)"),
    Rule(
        "/v3/graph/",
        r"\.nodes\.(x|y|level)$|\.groups_data\..*\.(x|y)$",
        "own layout (API_V3.md 3.1, 3.3, FIX)",
    ),
    Rule("/v3/graph/a3tb/laplacian", "", "any graph (API_V3.md 3.2, FIX)"),
)

_RUNS = (
    Rule("/v3/runs/a1ve$", "", "runs need the history alone (API_V3.md 2.5, FIX)"),
    Rule("/v3/(runs|history|rundetail)/", r"\.error_message$", "messages are sentences (API_V3.md 1.1, FIX)"),
    Rule(
        "/v3/runs/(a3tb|aa6f)$",
        r"\.runs\.(SYPD|ASYPD|CHSY)$",
        "of each job one attempt counts, of split chunks each once (METRICS.md 6, FIX)",
    ),
    Rule("/v3/history/(aa6f|a003)/", r"\.history\.A?SYPD$", "split chunks count once (API_V3.md 2.19, FIX)"),
    Rule("/v3/history/a3tb/", r"\.queue_time$", "what waits now waits until now (METRICS.md 8, FIX)"),
    Rule(
        "/v3/rundetail/",
        r"\.tree|\.(member|section|sync|date|date_plus|tree_parents)$|\.reference",
        "members and sections in their places, folders as in the tree (API_V3.md 5, FIX)",
    ),
    Rule("/v3/rundetail/(a1ve|a8qc)/", r"\.jobs\.(start|finish)$", "one model of times (METRICS.md 8, FIX)"),
    Rule(
        "/v3/rundetail/a3tb/",
        r"\.jobs\.(minutes|minutes_queue|title)$",
        "one model of times (METRICS.md 8, FIX); now moves",
    ),
    Rule(
        "/v3/rundetail/(a003|a007|a1vx|a3tb|aa6f)/",
        r"\.jobs\.ASYPD$",
        "with the wait and run of POST, split chunks count once (METRICS.md 8, FIX)",
    ),
    Rule("/v3/rundetail/(a003|aa6f)/", r"\.jobs\.SYPD$", "split chunks count once (METRICS.md 5.9, FIX)"),
    Rule(
        "/v3/rundetail/a004/",
        r"\.(jobs@members|jobs@order|total)$",
        "rows of type 1 count (METRICS.md 2.2, FIX)",
    ),
)

_KEYS_OF_FIGURES = r"\.(SY|Total_energy|Total_footprint|platform_info|not_considered)$"
_FIGURES = (
    Rule("/v3/performance/", r"\.(PE|splits_corrected)$", "all keys of both shapes (API_V3.md 2.13, FIX)"),
    Rule(
        f"/v3/performance/{_UNKNOWN}",
        _KEYS_OF_FIGURES,
        "all keys in a failure (API_V3.md 2.13, FIX)",
    ),
    Rule(
        "/v3/performance/aa6f$",
        r"\.(SY|A?SYPD|CHSY|JPSY|Total_energy|yps|energy|queue)$",
        "split chunks and energies count once, an unknown wrapper is a chain (METRICS.md 2.5, 5.5, 5.9, FIX)",
    ),
    Rule(
        "/v3/performance/(a8qc|a003)$",
        r"\.RSYPD$",
        "from the first start to the last finish (METRICS.md 5.5, FIX)",
    ),
    Rule(
        "/v3/performance/a001$",
        r"\.(JPSY|Total_energy|energy)$",
        "wrappers share energy (METRICS.md 5.5, FIX)",
    ),
    Rule(
        "/v3/performance/a004$",
        r"\.(SY|(not_)?considered@members)$",
        "rows of type 1 count (METRICS.md 2.2, FIX)",
    ),
    Rule("/v3/summary/a004", r"\.avg_(sim_)?run_time$", "rows of type 1 count (METRICS.md 2.2, FIX)"),
    Rule(
        "/v3/performance/(a000|a003|a004|a007|a1ve|a1vx|a3tb)$",
        r"\.warnings_job_data",
        "other jobs are named (METRICS.md 5.8, FIX)",
    ),
    Rule("/v3/performance/a3tb$", r"\.platform_info\.name$", "HPCARCH (METRICS.md 5.7, FIX)"),
    Rule(
        "/v3/summary/a3tb", r"\.avg_queue_time$", "who was left behind does not count (API_V3.md 2.11, FIX)"
    ),
    Rule(
        "/v3/summary/aa6f", r"\.avg_(sim_)?queue_time$", "an unknown wrapper is a chain (METRICS.md 2.5, FIX)"
    ),
    Rule("/v3/stats/a1ve/", "", "no structure is no edges, and no error (API_V3.md 1.6, FIX)"),
    Rule(
        "/v3/stats/a3tb/",
        r"\.(failedCount|failedQueueTime|totalQueueTime)$",
        "attempts that are not over did not fail (METRICS.md 7.3, FIX)",
    ),
    Rule("/v3/stats/", r"\.JobStatistics@order$", "without a date: by the clock (METRICS.md 7.4, FIX)"),
    Rule("/v3/stats/", r"\.Period\.(From|To)$", "now moves"),
    Rule("/v3/stats/", r"\.error_message$", "now moves; messages are sentences (API_V3.md 1.1, FIX)"),
    Rule("/v3/stats/[^/]+/100000000/", "", "before any calendar is everything (API_V3.md 2.18, FIX)"),
    Rule("/v3/(performance|summary)/", r"\.error_message$", "messages are sentences (API_V3.md 1.1, FIX)"),
    Rule("/v3/history/zzzz", r"\.path_to_logs$", "what is no experiment has no place"),
)

_LOGS = (
    Rule("/v3/cconfig/aa6f", "@500", "every value can be shown (API_V3.md 2.1, FIX)"),
    Rule("/v3/cconfig/", r"\.(differences|are_equal)", "symmetric, without servers (API_V3.md 2.1, FIX)"),
    Rule("/v3/cconfig/", r"\.DATABASE_CONN_URL$", "no credentials (API_V3.md 2.1, FIX)"),
    Rule("/v3/cconfig/", r"\.configuration_filesystem@order", "members have no order (RFC 8259)"),
    Rule(
        "/v3/(cconfig|expinfo|ifrun|logrun|exprun|exp-recovery-logs|joblog)/",
        r"\.error_message$",
        "messages are sentences (API_V3.md 1.1, FIX)",
    ),
    Rule(
        f"/v3/expinfo/{_UNKNOWN}", r"\.workflow_commit$", "null without a configuration (API_V3.md 2.2, FIX)"
    ),
    Rule(f"/v3/expinfo/{_UNKNOWN}", r"\.pkl_timestamp$", "no time is made up"),
    Rule("/v3/expinfo/", r"\.time_last_access$", "each server reads its own copy"),
    Rule(
        f"/v3/((ifrun|logrun|exprun)/{_UNKNOWN}|joblog/)",
        r"\.error$",
        "an unknown experiment is an error (API_V3.md 2.6, 2.7, FIX; 1.1)",
    ),
    Rule(
        "/v3/expinfo/(%2e%2e|\\.\\.)",
        r"\.(path|owner|owner_id|time_last_mod)$",
        "only experiments have a folder (as API_V4.md 5.3, TRAP)",
    ),
    Rule("/v3/exp-recovery-logs/", r"_logs@order$", "by platform (API_V3.md 2.9, FIX)"),
    Rule("/v3/exp-recovery-logs/", r"\.error$", "no folder is no logs (API_V3.md 2.9, FIX)"),
    Rule("/v3/logrun/", r"\.timediff$", "now moves"),
    Rule("/v3/logrun/", r"\.is_running$", "the status tells (API_V3.md 2.7, FIX)"),
    Rule("/v3/joblog/%00", "status", "a path with control characters has no route"),
    Rule("/v3/joblog/", r"\.logfile$", "what is no experiment has no place"),
)

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
    *_VIEWS,
    *_FIGURES,
    *_RUNS,
    *_LOGS,
)
"""Between Autosubmit API and Mestral, both over files."""

_OTHER_CASE = "letters match in either case on both backends (API_V4.md 3.1, TRAP and FIX)"
_LISTED = r"\.(jobs|nodes|view_data|tree_view|pkl_content)@order$"
_NO_ROW_ORDER = "rows that change lose their order: by level, chunk and name (API_V3.md 1.5)"

POSTGRES = (
    *FILES,
    Rule(f"{_ASKED}a003(/|$)", _LISTED, _NO_ROW_ORDER),
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

DUMPS = (
    *POSTGRES,
    Rule(f"{_ASKED}a000(/|$)", _LISTED, _NO_ROW_ORDER),
    Rule("/v3/runs/a000$", "", "runs need the history alone (API_V3.md 2.5, FIX)"),
    Rule("/v3/rundetail/a000/", r"\.jobs\.ASYPD$", "with the wait and run of POST (METRICS.md 8, FIX)"),
    Rule("/v3/performance/a000$", _KEYS_OF_FIGURES, "all keys in a failure (API_V3.md 2.13, FIX)"),
    Rule("/v3/tree/a000$", r"\.reference$", "an object where there is no tree (API_V3.md 4, FIX)"),
    Rule("/v3/pkl(tree)?info/a000/", r"\.pkl_timestamp$", "0 where there is no answer"),
    Rule("/v3/expinfo/a000$", r"\.workflow_commit$", "null without a configuration (API_V3.md 2.2, FIX)"),
    Rule("/v3/expinfo/a000$", r"\.pkl_timestamp$", "when the job list changed, not now"),
    Rule("/v3/history/a003/zzzz$", r"\.path_to_logs$", "what is no experiment has no place"),
)
"""As above, over a database alone: no experiment has a folder."""

BACKENDS = (
    Rule(f"{_ASKED}a003(/|$)", _LISTED, _NO_ROW_ORDER),
    Rule(
        "/(filesystem-config|cconfig/)",
        r"\.DATABASE_BACKEND$",
        "the configuration names the backend (API_V4.md 5.3)",
    ),
    Rule("/health", r"\.checked$", "the time of the answer"),
    Rule(
        "/v3/",
        r"\.(minutes|minutes_queue|running_text|title|queue_time|run_time|finish|ASYPD|SYPD|timediff)$",
        "the time of the answer",
    ),
    Rule("/v3/stats/", r"\.(From|To|error_message)$", "the time of the answer"),
    Rule("/v3/expinfo/", r"\.time_last_access$", "each server reads its own copy"),
    Rule("/health", r"\.parts\.(format|size_bytes|modified|age_seconds)$", "the backend stores it otherwise"),
)
"""Between Mestral over files and Mestral over PostgreSQL."""

WANTED = {"files": FILES, "postgres": POSTGRES, "dumps": DUMPS, "backends": BACKENDS}
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
