"""`GET /v4/experiments/{expid}/tree`."""

from typing import Any

from litestar import Request, Response

from mestral import Access, platform_of
from mestral.http import Answers, get
from mestral.readers import Plan
from mestral_experiments.api.parameters import Expid
from mestral_experiments.api.source import source_of
from mestral_experiments.sources.protocol import WORKFLOW, ExperimentSource
from mestral_experiments.views.workflow.workflowtree import WorkflowTree


@get(
    "/v4/experiments/{expid:str}/tree",
    access=Access.READ,
    operation_id="experiments.tree",
    answers=Answers(
        body=WorkflowTree,
        errors={
            404: "There is no such experiment, or it lacks its folder, configuration or job list.",
            503: "The job list or the configuration is damaged or cannot be read now.",
        },
        etag=True,
    ),
    summary="Jobs of an experiment by date, member, section and wrapper",
)
async def tree(request: Request[Any, Any, Any], expid: Expid) -> Response[bytes]:
    """All that is known of every job, with its relatives, and where it belongs. What cannot be read of
    history, structure and wrappers counts as empty."""
    source = source_of(request)
    return await platform_of(request).readers.respond(request, lambda: _tree(source, expid))


def _tree(source: ExperimentSource, expid: str) -> Plan:
    experiment = source.find(expid)
    return Plan(
        render="mestral_experiments.render.tree:v4_tree",
        args=(experiment,),
        fingerprint=source.fingerprint(experiment, *WORKFLOW),
        affinity=expid,
    )


HANDLERS = (tree,)
