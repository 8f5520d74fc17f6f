"""`GET /v4/experiments/{expid}/filesystem-config` (contract/API_V4.md 5.3)."""

from typing import Any

from litestar import Request, Response

from mestral import Access, platform_of
from mestral.http import Answers, get
from mestral.readers import Plan
from mestral_experiments.api.parameters import Expid
from mestral_experiments.api.source import current_user, source_of
from mestral_experiments.sources.protocol import ExperimentSource, Part
from mestral_experiments.views.configuration import FilesystemConfiguration


@get(
    "/v4/experiments/{expid:str}/filesystem-config",
    access=Access.READ,
    operation_id="experiments.filesystem_config",
    answers=Answers(
        body=FilesystemConfiguration,
        errors={
            404: "There is no such experiment.",
            503: "A file of the configuration is damaged or cannot be read now.",
        },
        etag=True,
    ),
    summary="Configuration of an experiment, from its files",
)
async def filesystem_config(request: Request[Any, Any, Any], expid: Expid) -> Response[bytes]:
    """As Autosubmit would read it now; without credentials and without the server's environment."""
    source = source_of(request)
    return await platform_of(request).readers.respond(request, lambda: _plan(source, expid))


def _plan(source: ExperimentSource, expid: str) -> Plan:
    experiment = source.find(expid)
    return Plan(
        render="mestral_experiments.render.configuration:filesystem",
        args=(experiment, source.server_settings(), current_user()),
        fingerprint=source.fingerprint(experiment, Part.CONFIGURATION),
        affinity=expid,
    )


HANDLERS = (filesystem_config,)
