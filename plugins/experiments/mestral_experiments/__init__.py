"""The experiments of Autosubmit: the v3 and v4 read API over files and databases that are never written."""

from collections.abc import Sequence
from pathlib import Path

from mestral import Demo, Manifest, PluginContext, Routes, Service, hookimpl
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
    def mestral_routes(self, context: PluginContext) -> Sequence[Routes]:
        """The paths of Autosubmit API 4.2.0."""
        from mestral_experiments.api import handlers

        return [Routes(handlers=handlers(), prefix="")]

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
