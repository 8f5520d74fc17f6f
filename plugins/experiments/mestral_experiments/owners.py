"""Whose an experiment is: the account that owns its folder, where Autosubmit itself would let it work.

Guarantees: an experiment that is unknown, or has no folder on this machine, is nobody's; so is one whose
owner has no name here. Rows of databases are not asked, because other accounts may write them. Nothing blocks
the event loop, and nothing is kept: who owns a folder may change.
"""

from mestral import Problem
from mestral.readers import Threads
from mestral_experiments.sources.protocol import ExperimentSource

_threads = Threads(4, "mestral experiments: owners")


async def owns(source: ExperimentSource, account: str, expid: str) -> bool:
    """Whether an experiment belongs to an account.

    Raises:
        Problem: 503, experiments cannot be looked up now.
    """
    return await _threads.run(lambda: account != "" and _owner(source, expid) == account)


def _owner(source: ExperimentSource, expid: str) -> str:
    try:
        facts, _ = source.facts(source.find(expid))
    except Problem as problem:
        if problem.status != 404:
            raise
        return ""
    return facts.owner if facts is not None else ""
