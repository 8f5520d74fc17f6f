"""The experiments of Autosubmit: the v3 and v4 read API over files and databases that are never written."""

from collections.abc import Sequence
from pathlib import Path

from mestral import (
    Clients,
    Decision,
    Demo,
    HealthCheck,
    Identity,
    Manifest,
    PluginContext,
    Routes,
    Service,
    StatusSection,
    hookimpl,
)
from mestral import __version__ as version
from mestral_experiments.settings import ExperimentsSettings

__all__ = ["plugin"]


class ExperimentsPlugin:
    """Serves experiments. Every import that costs time happens inside the hooks."""

    manifest = Manifest(
        name="experiments",
        version=version,
        summary="Experiments of Autosubmit: the v3 and v4 read API.",
        requires_api=">=0.1,<0.2",
        provides=("experiments",),
        settings=ExperimentsSettings,
        migration="mestral_experiments.migration:rc_file",
    )

    @hookimpl
    def mestral_services(self, context: PluginContext) -> Sequence[Service]:
        """The source that reads Autosubmit's own files and databases."""
        return [
            Service(
                slot="experiments.source",
                name="autosubmit",
                factory="mestral_experiments.sources.autosubmit:AutosubmitSource",
            )
        ]

    @hookimpl
    def mestral_clients(self, context: PluginContext) -> Sequence[Clients]:
        """Those that Autosubmit's rc file authorizes; none where another source is chosen."""
        from mestral_experiments.sources.clients import AuthorizedClients

        if context.settings.source != "autosubmit":
            return []
        return [Clients(read=AuthorizedClients(context.settings.rc_file).read)]

    @hookimpl
    def mestral_health_checks(self, context: PluginContext) -> Sequence[HealthCheck]:
        """Whether experiments can be read: the rc file, and what it points to."""

        from mestral.readers import Threads

        threads = Threads(1, "mestral experiments: health")

        async def source() -> str | None:
            return await threads.run(context.services["experiments.source"].health)

        key = "rc_file" if context.settings.source == "autosubmit" else "source"
        return [HealthCheck(name="source", check=source, setting=key)]

    @hookimpl
    async def mestral_shutdown(self, context: PluginContext) -> None:
        """Give back what the source holds open."""
        from mestral.readers import Threads

        threads = Threads(1, "mestral experiments: end")
        await threads.run(context.services["experiments.source"].close)
        threads.close()

    @hookimpl
    def mestral_routes(self, context: PluginContext) -> Sequence[Routes]:
        """The paths of Autosubmit API 4.2.0."""
        from mestral_experiments.api import handlers

        examples = Path(__file__).parent / "api" / "examples.json"
        return [Routes(handlers=handlers(), prefix="", examples=examples)]

    @hookimpl
    def mestral_status_sections(self, context: PluginContext) -> Sequence[StatusSection]:
        """Experiments that are running now."""
        from mestral_experiments.api.status import RUNNING

        return [RUNNING]

    @hookimpl
    async def mestral_decide(
        self, context: PluginContext, identity: Identity | None, action: str, expid: str
    ) -> Decision:
        """Whoever owns an experiment may operate it."""
        from mestral_experiments.owners import owns

        if action != "operate" or identity is None or not identity.account or not expid:
            return Decision.ABSTAIN
        source = context.services["experiments.source"]
        return Decision.ALLOW if await owns(source, identity.account, expid) else Decision.ABSTAIN

    @hookimpl
    def mestral_demo(self, context: PluginContext, directory: Path) -> Demo:
        """A small tree of real experiments."""
        from mestral_experiments.demo import unpack

        rc_file = unpack(directory)
        return Demo(
            settings={"plugins.experiments.rc_file": str(rc_file)},
            open=(
                ("/v4/experiments?only_active=false", "all experiments of the sample tree"),
                ("/v3/running", "those that are running"),
            ),
        )


plugin = ExperimentsPlugin()
