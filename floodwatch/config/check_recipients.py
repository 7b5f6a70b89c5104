"""Whole-folder checks of people and routes: nobody unknown, and no alert without a recipient."""

from collections.abc import Iterable, Iterator

from floodwatch.config.draft import Draft
from floodwatch.config.fields import nearest
from floodwatch.config.recipient_file import PersonTable, RouteTable
from floodwatch.config.toml_file import Entry
from floodwatch.model.errors import Problem
from floodwatch.rules.registry import PARAMETERS

FILE = "recipients.toml"


def check_recipients(draft: Draft) -> Iterator[Problem]:
    """Every problem of people and routes that are valid by themselves."""
    yield from _people(draft)
    yield from _routes(draft)
    for entry in draft.routes:
        yield from _known(draft, entry)
        yield from _reachable(draft, entry)


def channels_of(draft: Draft) -> list[str]:
    """The channels that routes may name: those configured, and the log, which needs nothing."""
    given = draft.service_file.data.get("channels", {})
    names = list(given) if isinstance(given, dict) else []
    return [*names, *(name for name in ("log",) if name not in names)]


def _people(draft: Draft) -> Iterator[Problem]:
    if not draft.names and not _broken(draft):
        yield Problem(FILE, None, "person", "nobody to tell", "add a [[person]] and a [[route]]")
    seen: set[str] = set()
    for entry in draft.people:
        person = entry.table
        if person.name in seen:
            what = f"{person.name!r} stands here twice"
            yield entry.problem("name", what, "names must differ: routes call people by them")
        seen.add(person.name)
        yield from _person(draft, entry)


def _person(draft: Draft, entry: Entry[PersonTable]) -> Iterator[Problem]:
    person = entry.table
    if not (person.email or person.phone):
        what = f"{person.name} cannot be reached: neither email nor phone"
        yield entry.problem("name", what, "add one of them")
    if person.deputy and person.deputy not in draft.names - {person.name}:
        what = f"the deputy {person.deputy!r} is nobody else in this file"
        yield entry.problem("deputy", what, nearest(person.deputy, draft.names - {person.name}))
    if person.answers_after is not None and not draft.service.service.demonstration:
        what = "answers_after: only the demonstration's people answer by script"
        yield entry.problem("answers_after", what, "remove it")


def _broken(draft: Draft) -> bool:
    """Whether the file was not read whole, so that nothing can be said of what is absent."""
    return any(p.file == FILE and p.field in ("syntax", "file") for p in draft.problems)


def _routes(draft: Draft) -> Iterator[Problem]:
    if not draft.routes:
        if draft.routes_whole and not _broken(draft):
            remedy = "add a [[route]] that matches everything: people and no condition"
            yield Problem(FILE, None, "route", "no route leads an alert to anybody", remedy)
        return
    *before, last = draft.routes
    for entry in before:
        if entry.table.catches_all and not entry.partial:
            what = "this route matches everything: those after it are never reached"
            yield entry.problem((), what, "move it to the end, or add a condition")
    if not draft.routes_whole:
        return
    if not last.table.catches_all:
        what = "the last route must match everything, or some alerts would reach nobody"
        yield last.problem((), what, "add a [[route]] without conditions at the end")
    elif last.table.screen_only or not (last.table.people or last.table.inform):
        what = "the last route must name people: it catches what no other route does"
        yield last.problem((), what, "add people and do not set screen_only")


def _known(draft: Draft, entry: Entry[RouteTable]) -> Iterator[Problem]:
    route = entry.table
    roles = {role for station in draft.stations for role in station.table.persons}
    checks: list[tuple[str, list[str], Iterable[str], str]] = [
        ("people", route.people, draft.names, "nobody in recipients.toml is called"),
        ("inform", route.inform, draft.names, "nobody in recipients.toml is called"),
        ("station", route.station, draft.codes, "unknown station"),
        ("type", route.type, (*PARAMETERS, "system"), "unknown type of rule"),
        ("channels", route.channels, channels_of(draft), "this channel is not configured:"),
    ]
    if draft.stations_whole:  # else a role may stand in a station that has an error of its own
        checks.append(("roles", route.roles, roles, "no station has persons in the role"))
        checks.append(("inform_roles", route.inform_roles, roles, "no station has the role"))
    for key, given, known, what in checks:
        choices = sorted(known)
        for index, word in enumerate(given):
            if word not in choices:
                remedy = nearest(word, choices)
                if key == "channels" and not remedy.startswith("did"):
                    remedy = f"add [channels.{word}] to floodwatch.toml, or {remedy}"
                yield entry.problem((key, index), f"{what} {word!r}", remedy)


def _reachable(draft: Draft, entry: Entry[RouteTable]) -> Iterator[Problem]:
    route = entry.table
    if entry.partial:
        return
    if not route.told and not route.screen_only:
        what = "this route tells nobody"
        yield entry.problem((), what, "name people or roles, or set screen_only = true")
    if route.must_answer and not (route.people or route.roles):
        what = "must_answer, but nobody who must"
        yield entry.problem("must_answer", what, "name people or roles")
    if route.within <= 0:
        yield entry.problem("within", "no time to answer in", 'such as within = "5min"')
    if set(route.channels) != {"smtp"}:
        return
    mailless = {p.table.name for p in draft.people if not p.table.email}
    for key, names in (("people", route.people), ("inform", route.inform)):
        for index, name in enumerate(names):
            if name in mailless:
                what = f"{name} has no email and this route writes by smtp alone"
                yield entry.problem((key, index), what, "add an email or another channel")
