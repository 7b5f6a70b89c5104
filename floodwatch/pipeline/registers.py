"""The registers people enter: checked, audited, and the rules that consult them judged at once."""

from collections.abc import Iterator
from math import isfinite

from sqlalchemy import Connection

from floodwatch.model.alert import DISTRICT
from floodwatch.model.clock import DAY, MINUTE
from floodwatch.model.district import District
from floodwatch.model.errors import Refused
from floodwatch.model.reading import SeriesKey
from floodwatch.model.severity import Severity
from floodwatch.model.station import Station
from floodwatch.model.variable import VARIABLES
from floodwatch.pipeline.plan import Plan
from floodwatch.rules import inspection
from floodwatch.rules.context import Rule
from floodwatch.store import people
from floodwatch.store import registers as store
from floodwatch.store.clockwork import set_setting, setting
from floodwatch.store.database import Transaction
from floodwatch.store.registers import OF_STATION

NAME = "entered"  # the setting by which whoever enters something tells the engine


def entered(tx: Transaction, register: str, station: str = "") -> None:
    """A row of `register` was entered or changed, in this transaction; `station` where it has one.

    The rules that consult it are judged at the engine's next tick, a fifth of a second later.
    """
    waiting = setting(tx.connection, NAME) or []
    if [register, station] not in waiting:
        set_setting(tx, NAME, [*waiting, [register, station]])


def waiting(connection: Connection) -> bool:
    """Whether something was entered that the rules have not seen yet."""
    return bool(setting(connection, NAME))


def take(tx: Transaction, plan: Plan) -> Iterator[Rule]:
    """The rules that what was entered concerns; afterwards nothing waits any more."""
    told = setting(tx.connection, NAME) or []
    if not told:
        return
    set_setting(tx, NAME, [])
    for key, consulted in plan.order.registers.items():
        for register, station in told:
            mine = register not in OF_STATION or key.station in (station, DISTRICT)
            if mine and register in consulted and key in plan.rules:
                yield plan.rules[key]
                break


def add_hazard(
    tx: Transaction,
    district: District,
    station: str,
    *,
    title: str,
    found_by: str,
    owner: str,
    severity: Severity,
    who: str,
    now: int,
    found_at: int | None = None,
    due: int | None = None,
    limit: float | None = None,
    variable: str = "stage",
    gauge: str = "1",
    note: str = "",
) -> int:
    """Enter a hazard; with `limit` it is a stricter threshold of that gauge until it is closed."""
    _station(district, station)
    words = {"title": title, "found by": found_by, "owner": owner}
    for name, word in words.items():
        _said(name, word)
    found_at = _past(now if found_at is None else found_at, now=now)
    if due is not None and due < found_at:
        raise Refused("a hazard cannot be due before it was found")
    if limit is not None:
        _limit(district, SeriesKey(station, gauge, variable), limit)
    values = {
        "station": station,
        "title": title.strip(),
        "found_at": found_at,
        "found_by": found_by.strip(),
        "owner": owner.strip(),
        "due": due,
        "severity": int(severity),
        "variable": variable if limit is not None else None,
        "gauge": gauge if limit is not None else None,
        "limit_value": limit,
        "note": note.strip() or None,
    }
    number = store.add(tx, "hazard", values)
    limited = "" if limit is None else f", {variable} {limit:g}"
    what = f"hazard {number} {station}: {title.strip()}{limited}"
    return _done(tx, "hazard", station, number, who=who, now=now, action="hazard add", what=what)


def close_hazard(tx: Transaction, number: int, *, who: str, now: int, note: str = "") -> str:
    """Close a hazard; its station. What its limit has raised ends at the next tick."""
    _said("who", who)
    row = store.close_hazard(tx, number, who=who.strip(), now=now, note=note.strip())
    if row is None:
        raise Refused(f"there is no open hazard {number}; `floodwatch hazard list` shows them")
    station = str(row["station"])
    what = f"hazard {number} {station}: {row['title']}"
    _done(tx, "hazard", station, number, who=who, now=now, action="hazard close", what=what)
    return station


def add_inspection(
    tx: Transaction,
    district: District,
    station: str,
    *,
    result: str,
    who: str,
    now: int,
    by: str = "",
    at: int | None = None,
) -> int:
    """Enter an inspection, by whom and when it was made."""
    _station(district, station)
    _said("result", result)
    inspector = by.strip() or who
    _said("inspector", inspector)
    moment = _past(now if at is None else at, now=now)
    values = {"station": station, "at": moment, "who": inspector, "result": result.strip()}
    number = store.add(tx, "inspection", values)
    what = f"inspection {number} {station} by {inspector}: {result.strip()}"
    return _done(
        tx, "inspection", station, number, who=who, now=now, action="inspection", what=what
    )


def add_forecast(
    tx: Transaction,
    *,
    begins: int,
    ends: int,
    rainfall_mm: float,
    source: str,
    who: str,
    now: int,
) -> int:
    """Enter a forecast of rain for a period."""
    _said("source", source)
    if not ends > begins:
        raise Refused("a forecast must end after it begins")
    if ends <= now or ends - begins > 15 * DAY:
        raise Refused("a forecast is for at most 15 days, and not for what is past")
    if not (isfinite(rainfall_mm) and 0 <= rainfall_mm <= VARIABLES["rainfall"].maximum):
        raise Refused(f"{rainfall_mm:g} mm is no amount of rain")
    values = {
        "issued_at": now,
        "begins": begins,
        "ends": ends,
        "rainfall_mm": rainfall_mm,
        "who": who,
        "source": source.strip(),
    }
    number = store.add(tx, "forecast", values)
    what = f"forecast {number}: {rainfall_mm:g} mm, {source.strip()}"
    return _done(tx, "forecast", "", number, who=who, now=now, action="forecast add", what=what)


def set_backup(
    tx: Transaction,
    district: District,
    station: str,
    *,
    state: str,
    who: str,
    now: int,
    note: str = "",
) -> int:
    """Enter the state of a backup source."""
    _station(district, station)
    if state not in store.STATES:
        raise Refused(f"{state!r} is no state; use one of {', '.join(store.STATES)}")
    values = {
        "station": station,
        "state": state,
        "at": now,
        "who": who,
        "note": note.strip() or None,
    }
    number = store.add(tx, "backup_source", values)
    what = f"backup source {station}: {state}"
    action = "backup source set"
    return _done(tx, "backup_source", station, number, who=who, now=now, action=action, what=what)


def _done(
    tx: Transaction,
    register: str,
    station: str,
    number: int,
    *,
    who: str,
    now: int,
    action: str,
    what: str,
) -> int:
    people.record(tx.connection, now=now, who=who, action=action, what=what)
    entered(tx, register, station)
    return number


def _station(district: District, station: str) -> None:
    if station not in district.stations:
        raise Refused(f"there is no station {station!r}; `floodwatch stations` lists them")


def _said(name: str, word: str) -> None:
    if not word.strip():
        raise Refused(f"{name} is empty: write it")


def _past(moment: int, *, now: int) -> int:
    if moment > now + 5 * MINUTE:
        raise Refused("that time is still ahead: what is entered has happened")
    return moment


def _limit(district: District, series: SeriesKey, limit: float) -> None:
    """A limit must be one that a rule will judge by, and that the water can reach."""
    place, variable = district.stations[series.station], series.variable
    if not any((g.variable, g.gauge) == (variable, series.gauge) for g in place.gauges):
        known = ", ".join(sorted({f"{g.variable} {g.gauge}" for g in place.gauges})) or "none"
        raise Refused(f"{place.code} has no gauge {series.gauge!r} of {variable}; it has: {known}")
    known_range = VARIABLES[variable]
    if not (isfinite(limit) and known_range.minimum <= limit <= known_range.maximum):
        raise Refused(f"{limit:g} {known_range.unit} cannot be a value of {variable}")
    if variable == "stage" and place.crest is not None and limit > place.crest:
        raise Refused(
            f"{limit:g} m is above the crest of {place.name}, {place.crest:g} m: correct the limit"
        )
    if not _judging(district, place, series):
        raise Refused(
            f"no rule judges {variable} of {place.name} by the limit of a hazard: leave the limit "
            f'out, or add [[rule]] type = "inspection", station = "{place.code}"'
        )


def _judging(district: District, place: Station, series: SeriesKey) -> list[Rule]:
    """The rules that look at the limits of hazards at this gauge."""
    made = inspection.build(district, place, ()) if place.enabled else ()
    return [rule for rule in made if any(need.key == series for need in rule.needs)]
