"""What `compare.py` asks both servers: every endpoint, with what is usual, odd and wrong."""

from collections.abc import Iterator, Mapping, Sequence

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
MORE_SEARCHES = (
    "fields=name,total",
    "fields=modified",
    "fields=nothing",
    *(f"sort_by={field}" for field in ("modified", "completed", "version", "user", "nothing")),
    "sort_by=description&sort_desc=true",
    "sort_by=modified&sort_desc=true&page_size=4&page=2",
    "modified_since=2024-01-01",
    "created_since=2024-03-01T00:00:00Z",
    "created_before=2024-03-01",
    "cursor=&page_size=2",
    "cursor=&page_size=3&sort_by=total",
    "cursor=x",
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
MORE_JOB_LISTS = (
    "fields=name,status",
    "fields=section&sort_by=status",
    "sort_by=chunk&sort_desc=true",
    "sort_by=date",
    "sort_by=out_path_local&page_size=5&page=2",
    "cursor=&page_size=3",
    "cursor=&page_size=3&sort_by=priority",
    "view=quick&sort_by=status",
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


V3 = (
    "cconfig/{}",
    "expinfo/{}",
    "ifrun/{}",
    "logrun/{}",
    "exprun/{}",
    "exp-recovery-logs/{}",
    "runs/{}",
    "summary/{}?loggedUser=null",
    "performance/{}",
    "tree/{}",
    "quick/{}",
    "pklinfo/{}/0",
    "pkltreeinfo/{}/1",
    *(
        f"graph/{{}}/{kind}"
        for kind in ("standard/none", "standard/status", "standard/date-member", "laplacian/none")
    ),
    *(
        f"stats/{{}}/{period}"
        for period in (
            "0/Any",
            "24/Any",
            "-1/SIM",
            "0/sim",
            "0/POST",
            "1000000/Any",
            "100000000/Any",
            "x/Any",
        )
    ),
    *(f"rundetail/{{}}/{run_id}" for run_id in ("1", "2", "10", "14", "51", "99", "x", "0")),
)
"""What the GUI asks about an experiment."""
V3_ODD = (
    "graph/a003/nice/none",
    "graph/a003/standard/None",
    "graph/a003/x/y",
    "joblog/zzzz_x.out",
    "joblog/a003",
    "joblog/..",
    "joblog/a003_..%2fx",
    "joblog/%00",
    "history/a003/zzzz",
    "history/zzzz/x",
)


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
        for path in V3:
            yield "GET", f"/v3/{path.format(name)}"
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
    for path in V3_ODD:
        yield "GET", f"/v3/{path}"


def job_requests(jobs: Mapping[str, Sequence[str]]) -> Iterator[tuple[str, str]]:
    """What is asked about single jobs, and the wrappers, of the experiments of these names."""
    for name, known in jobs.items():
        yield "GET", f"/v4/experiments/{name}/wrappers"
        for job in known:
            yield "GET", f"/v3/history/{name}/{job}"
        for job in (*known, *JOBS):
            for what in OF_A_JOB:
                yield "GET", f"/v4/experiments/{name}/jobs/{job}{what}"
    for name in NAMES:
        yield "GET", f"/v4/experiments/{name}/wrappers"
        for what in OF_A_JOB:
            yield "GET", f"/v4/experiments/{name}/jobs/x{what}"


def additions(names: Sequence[str]) -> Iterator[tuple[str, str]]:
    """What Mestral alone answers."""
    for query in MORE_SEARCHES:
        yield "GET", f"/v4/experiments?only_active=false&{query}"
    for name in (*names, *NAMES[:2]):
        yield "GET", f"/v4/experiments/{name}/health"
        for query in MORE_JOB_LISTS:
            yield "GET", f"/v4/experiments/{name}/jobs?{query}"
