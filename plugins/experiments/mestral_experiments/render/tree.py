"""Answers of the tree in v3 and v4, and of the monitors `/v3/pkltreeinfo` and `/v3/pklinfo`."""

from collections.abc import Callable
from typing import Any

import msgspec

from mestral import Problem
from mestral.readers import Answer, ReaderContext
from mestral_experiments.model import Experiment
from mestral_experiments.render.optional import UNPROVEN
from mestral_experiments.render.workflow import last_workflow, workflow
from mestral_experiments.sources.protocol import SLOT, ExperimentSource
from mestral_experiments.views.workflow.pkl import PklInfo, PklTreeInfo, pkl_info, pkl_tree_info
from mestral_experiments.views.workflow.tree import tree as tree_of
from mestral_experiments.views.workflow.workflow import Workflow
from mestral_experiments.views.workflow.workflowtree import workflow_tree


def tree(reader: ReaderContext, row: list[Any]) -> Answer:
    """The tree of an experiment (`Experiment`); raises as `workflow`."""
    return _answer(reader, row, tree_of)


def v4_tree(reader: ReaderContext, row: list[Any]) -> Answer:
    """The same as v4 shows it; raises as `workflow`."""
    return _answer(reader, row, workflow_tree)


def pklinfo(reader: ReaderContext, row: list[Any]) -> Answer:
    """Its jobs for the monitor of the graph; raises as `workflow` when nothing is known of them."""
    return _monitored(reader, row, pkl_info)


def pkltreeinfo(reader: ReaderContext, row: list[Any]) -> Answer:
    """Its jobs for the monitor of the tree; raises as `workflow` when nothing is known of them."""
    return _monitored(reader, row, pkl_tree_info)


def _monitored(
    reader: ReaderContext, row: list[Any], view: Callable[[Workflow], PklInfo | PklTreeInfo]
) -> Answer:
    """The jobs as they were last, beside the error, where they cannot be read now.

    The page of the graph breaks when a poll lacks one of its jobs (GUI_CONTRACT.md 2), and a job list that is
    just being written is no reason for that.
    """
    try:
        return _answer(reader, row, view)
    except Problem as problem:
        known = last_workflow(reader, msgspec.convert(row, Experiment))
        if known is None:
            raise
        shown = msgspec.structs.replace(view(known), error=True, error_message=problem.message)
        return Answer(body=msgspec.json.encode(shown), depends=UNPROVEN)


def _answer(reader: ReaderContext, row: list[Any], view: Callable[[Workflow], object]) -> Answer:
    source: ExperimentSource = reader.service(SLOT)
    known, depends = workflow(reader, source, msgspec.convert(row, Experiment))
    return Answer(body=msgspec.json.encode(view(known)), depends=depends)
