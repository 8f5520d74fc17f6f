"""What Mestral writes to standard error: one place for the front, the readers, uvicorn and the commands.

Guarantees: every record has its time (UTC), level and logger, and, where they are known, its plugin and its
request. No text of others can begin a record or move a terminal's cursor: see `formats`. Light to import.
"""

from mestral.logs.setup import LogSetup, configure, setup_in_force, setup_of
from mestral.logs.work import Work, at_hand, begin, lent_to, on_behalf_of

__all__ = [
    "LogSetup",
    "Work",
    "at_hand",
    "begin",
    "configure",
    "lent_to",
    "on_behalf_of",
    "setup_in_force",
    "setup_of",
]
