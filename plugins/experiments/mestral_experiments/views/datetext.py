"""Start dates as they appear in the names of jobs and folders (contract/API_V3.md 4.1)."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

_FORMS = {8: "%Y%m%d", 10: "%Y%m%d%H", 12: "%Y%m%d%H%M"}


def date_texts(jobs: Iterable[tuple[str, datetime | None]]) -> Mapping[datetime, str]:
    """The text of every start date of these jobs (their names and dates), in the order of appearance.

    It is the one in the names of its jobs (`{expid}_{date}_...`); where they hold none, days alone, or hours
    or minutes as well when some date has them, as Autosubmit writes them.
    """
    named: dict[datetime, str | None] = {}
    for name, date in jobs:
        if date is not None and named.get(date) is None:
            named[date] = _named(name, date)
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
