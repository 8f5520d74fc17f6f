"""Start dates as they appear in the names of jobs and folders (contract/API_V3.md 4.1)."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from mestral_experiments.model import Job

_FORMS = {8: "%Y%m%d", 10: "%Y%m%d%H", 12: "%Y%m%d%H%M"}


def date_texts(jobs: Iterable[Job]) -> Mapping[datetime, str]:
    """The text of every start date, in the order in which they first appear.

    It is the one in the names of its jobs (`{expid}_{date}_...`); where they hold none, days alone, or hours
    or minutes as well when some date has them, as Autosubmit writes them.
    """
    named: dict[datetime, str | None] = {}
    for job in jobs:
        if job.date is not None and named.get(job.date) is None:
            named[job.date] = _named(job.name, job.date)
    form = _common_form(list(named))
    return {date: text or date.strftime(form) for date, text in named.items()}


def _named(name: str, date: datetime) -> str | None:
    parts = name.split("_", 2)
    form = _FORMS.get(len(parts[1])) if len(parts) == 3 else None
    return parts[1] if form is not None and date.strftime(form) == parts[1] else None


def _common_form(dates: Sequence[datetime]) -> str:
    form = _FORMS[8]
    for date in dates:
        if date.hour > 1:
            form = _FORMS[10]
        if date.minute > 1:
            form = _FORMS[12]
    return form
