"""Whole-folder checks of groups, shifts and holidays: nobody unknown, no name twice."""

from collections.abc import Iterator, Sequence

from floodwatch.config.draft import Draft
from floodwatch.config.fields import nearest
from floodwatch.config.roster_file import LONGEST, GroupTable, ShiftTable
from floodwatch.config.toml_file import Entry
from floodwatch.model.errors import Problem
from floodwatch.model.people import ON_DUTY


def called(draft: Draft) -> set[str]:
    """What routes may write in place of a name: groups, shifts and whoever is on duty."""
    names = [entry.table.name for entry in draft.groups]
    names += [entry.table.name for entry in draft.shifts]
    return {f"@{name}" for name in names} | ({ON_DUTY} if draft.shifts else set())


def check_roster(draft: Draft) -> Iterator[Problem]:
    """Every problem of groups, shifts and holidays that are valid by themselves."""
    entries: Sequence[Entry[GroupTable] | Entry[ShiftTable]] = (*draft.groups, *draft.shifts)
    seen: set[str] = set()
    for entry in entries:
        table = entry.table
        if table.name in seen or f"@{table.name}" == ON_DUTY:
            what = f"{table.name!r} stands here twice or means something else"
            yield entry.problem("name", what, "names of groups and shifts must differ")
        seen.add(table.name)
        if not table.people:
            yield entry.problem("people", f"{table.name} is nobody", "name its people")
        for index, name in enumerate(table.people):
            if name not in draft.names:
                what = f"nobody in recipients.toml is called {name!r}"
                yield entry.problem(("people", index), what, nearest(name, draft.names))
    for person in draft.people:
        for index, span in enumerate(person.table.away):
            if str(span.last) < str(span.first):
                what = f"this leave ends on {span.last} before it begins"
                yield person.problem(("away", index, "to"), what, "correct one of the days")
    for holiday in draft.holidays:
        first, last = holiday.table.first, holiday.table.last
        if last is not None and not 0 <= (last - first).days <= LONGEST:
            what = f"from {first} to {last} is no holiday"
            yield holiday.problem("to", what, f"first and last day, at most {LONGEST} days")
