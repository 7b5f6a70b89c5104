"""Whole-folder checks of people and routes: nobody unknown, and no alert without a recipient."""

from collections.abc import Iterable, Iterator

from floodwatch.config.check_roster import called, check_roster
from floodwatch.config.draft import Draft
from floodwatch.config.fields import nearest
from floodwatch.config.lines import Path
from floodwatch.config.recipient_file import DutyTable, PersonTable, RouteTable
from floodwatch.config.toml_file import Entry
from floodwatch.model.errors import Problem
from floodwatch.rules.registry import PARAMETERS

FILE = "recipients.toml"
BEYOND = ("system", "canary")  # types that no rule of the folder has


def check_recipients(draft: Draft) -> Iterator[Problem]:
    """Every problem of people and routes that are valid by themselves."""
    yield from _people(draft)
    yield from check_roster(draft)
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
    elif last.table.screen_only or not last.table.names:
        what = "the last route must name people: it catches what no other route does"
        yield last.problem((), what, "add people and do not set screen_only")


def _known(draft: Draft, entry: Entry[RouteTable]) -> Iterator[Problem]:
    route = entry.table
    yield from _words(entry, "station", route.station, draft.codes, "unknown station")
    types = (*PARAMETERS, *BEYOND)
    yield from _words(entry, "type", route.type, types, "unknown type of rule")
    if draft.thresholds and not any(one.partial for one in draft.thresholds):
        bands = {one.table.name for one in draft.thresholds if one.table.name}
        yield from _words(entry, "band", route.band, bands, "no threshold is called")
    yield from _told(draft, entry, (), route)
    yield from _roles(draft, entry, (), {"inform_roles": route.inform_roles})
    yield from _names(draft, entry, ("inform",), route.inform)
    for index, duty in enumerate(route.duty):
        yield from _told(draft, entry, ("duty", index), duty)


def _told(
    draft: Draft, entry: Entry[RouteTable], path: Path, table: RouteTable | DutyTable
) -> Iterator[Problem]:
    """People, roles and channels of a route, or of one of its duties."""
    yield from _names(draft, entry, (*path, "people"), table.people)
    yield from _roles(draft, entry, path, {"roles": table.roles})
    for problem in _words(
        entry,
        (*path, "channels"),
        table.channels,
        channels_of(draft),
        "this channel is not configured:",
    ):
        word = problem.what.rpartition("'")[0].rpartition("'")[2]
        if not problem.remedy.startswith("did"):
            remedy = f"add [channels.{word}] to floodwatch.toml, or {problem.remedy}"
            problem = Problem(problem.file, problem.line, problem.field, problem.what, remedy)
        yield problem


def _names(
    draft: Draft, entry: Entry[RouteTable], path: Path, given: list[str]
) -> Iterator[Problem]:
    rest = [name for name in given if not name.startswith("@")]
    known = {*draft.names, *called(draft)}
    for index, name in enumerate(given):
        if name not in known:
            choices = called(draft) if name not in rest else draft.names
            what = f"nobody in recipients.toml is called {name!r}"
            yield entry.problem((*path, index), what, nearest(name, sorted(choices)))


def _roles(
    draft: Draft, entry: Entry[RouteTable], path: Path, given: dict[str, list[str]]
) -> Iterator[Problem]:
    if not draft.stations_whole:  # a role may stand in a station that has an error of its own
        return
    roles = {role for station in draft.stations for role in station.table.persons}
    for key, words in given.items():
        yield from _words(entry, (*path, key), words, roles, "no station has persons in the role")


def _words(
    entry: Entry[RouteTable], key: str | Path, given: list[str], known: Iterable[str], what: str
) -> Iterator[Problem]:
    choices = sorted(known)
    path = (key,) if isinstance(key, str) else key
    for index, word in enumerate(given):
        if word not in choices:
            yield entry.problem((*path, index), f"{what} {word!r}", nearest(word, choices))


def _reachable(draft: Draft, entry: Entry[RouteTable]) -> Iterator[Problem]:
    route = entry.table
    if entry.partial:
        return
    if not route.told and not route.screen_only:
        what = "this route tells nobody"
        yield entry.problem((), what, "name people or roles, or set screen_only = true")
    if route.screen_only and (route.told or route.room == "sound"):
        what = "screen_only, but somebody is to be told"
        yield entry.problem(
            "screen_only", what, 'remove it; room = "screen" asks nothing of the room'
        )
    if route.must_answer and not (route.people or route.roles):
        what = "must_answer, but nobody who must"
        yield entry.problem("must_answer", what, "name people or roles")
    if route.within <= 0:
        yield entry.problem("within", "no time to answer in", 'such as within = "5min"')
    for index, duty in enumerate(route.duty):
        yield from _duty(entry, index, duty)
    yield from _mailless(draft, entry)


def _duty(entry: Entry[RouteTable], index: int, duty: DutyTable) -> Iterator[Problem]:
    path: Path = ("duty", index)
    if not (duty.people or duty.roles):
        yield entry.problem(path, "this duty tells nobody", "name people or roles")
    if duty.way == "call" and duty.time_to_answer <= 0:
        what = "a call without a time to answer in"
        yield entry.problem((*path, "within"), what, 'such as within = "5min", or way = "text"')
    for key, given in (("within", duty.within), ("after", duty.after)):
        if duty.way in ("list", "screen") and given:
            what = f"{key}: a {duty.way} asks for no answer and waits for none"
            yield entry.problem((*path, key), what, "remove it")


def _mailless(draft: Draft, entry: Entry[RouteTable]) -> Iterator[Problem]:
    route = entry.table
    mailless = {p.table.name for p in draft.people if not p.table.email}
    groups: list[tuple[Path, list[str], list[str]]] = [
        (("people",), route.people, route.channels),
        (("inform",), route.inform, route.channels),
    ]
    groups += [
        (("duty", n, "people"), duty.people, duty.channels or route.channels)
        for n, duty in enumerate(route.duty)
        if duty.way != "screen"
    ]
    for path, names, channels in groups:
        for index, name in enumerate(names if set(channels) == {"smtp"} else ()):
            if name in mailless:
                what = f"{name} has no email and this route writes by smtp alone"
                yield entry.problem((*path, index), what, "add an email or another channel")
