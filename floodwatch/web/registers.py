"""/registers: hazards, inspections, forecasts and backup sources, entered and closed (台账登记)."""

from collections.abc import Callable
from math import isfinite

from flask import Blueprint, abort, render_template
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l

from floodwatch.model.clock import DAY
from floodwatch.model.district import District
from floodwatch.model.errors import Refused
from floodwatch.model.moment import parse
from floodwatch.model.people import Role
from floodwatch.model.severity import Severity
from floodwatch.model.station import StationKind
from floodwatch.pipeline import registers
from floodwatch.store import registers as store
from floodwatch.store.database import Transaction
from floodwatch.web.care import done, field, me
from floodwatch.web.guard import needs
from floodwatch.web.here import here
from floodwatch.web.language import _
from floodwatch.web.services import now, services

blueprint = Blueprint("registers", __name__)
INSPECTED = (StationKind.RESERVOIR, StationKind.GATE, StationKind.PUMP, StationKind.WATERLOGGING)


BACKUP_STATES = {
    "ready": _l("可用"),
    "running": _l("运行中"),
    "failed": _l("故障"),
    "unknown": _l("状态不明"),
}


@blueprint.app_template_filter("backup_state")
def backup_state(state: str) -> str:
    """The state of a backup source in words."""
    return str(BACKUP_STATES.get(state, state))


@blueprint.get("/registers")
@needs(Role.VIEWER)
def show() -> str:
    """What is open, what was entered last, and the forms."""
    with services().database.read() as connection:
        at = here(connection).now
        district = here().district
        hazards = store.open_hazards(connection, now=at)
        closed = [row for row in store.newest(connection, "hazard") if row["closed_at"]]
        inspections = store.newest_inspections(connection, now=at)
        forecasts = store.coming_forecasts(connection, now=at)
        backups = store.newest_backups(connection, now=at)
    used = {code for station in district.stations.values() for code in station.backups}
    return render_template(
        "registers.html",
        hazards=hazards,
        closed=closed[:20],
        inspections=inspections,
        forecasts=forecasts,
        backups=backups,
        stations=district.stations,
        places=[s for s in district.stations.values() if s.kind in INSPECTED],
        sources=[s for s in district.stations.values() if s.code in used],
        states=store.STATES,
        levels=list(Severity),
    )


@blueprint.post("/registers/<register>")
@needs(Role.OFFICER)
def enter(register: str) -> ResponseReturnValue:
    """A new row of one register."""
    if register not in FORMS:
        abort(404)
    given = services()
    with given.database.write() as tx:
        district = given.configuration.current(tx.connection)
        FORMS[register](tx, district, now(given, tx.connection))
    return done(_("已登记"), "registers.show")


@blueprint.post("/registers/hazard/<int:number>/close")
@needs(Role.OFFICER)
def close(number: int) -> ResponseReturnValue:
    """A hazard was put right."""
    given = services()
    with given.database.write() as tx:
        at = now(given, tx.connection)
        registers.close_hazard(tx, number, who=me(), now=at, note=field("note"))
    return done(_("已销号"), "registers.show")


def _hazard(tx: Transaction, district: District, at: int) -> None:
    station = field("station")
    due = field("due")
    registers.add_hazard(
        tx,
        district,
        station,
        title=field("title")[:400],
        found_by=(field("found_by") or me())[:100],
        owner=field("owner")[:100],
        severity=_severity(),
        due=parse(due, district.zone_of(station)) + DAY if due else None,
        limit=_number("limit") if field("limit") else None,
        note=field("note")[:1000],
        who=me(),
        now=at,
    )


def _inspection(tx: Transaction, district: District, at: int) -> None:
    station, when = field("station"), field("at")
    registers.add_inspection(
        tx,
        district,
        station,
        result=field("result")[:1000],
        by=field("inspector")[:100],
        at=parse(when, district.zone_of(station)) if when else None,
        who=me(),
        now=at,
    )


def _forecast(tx: Transaction, district: District, at: int) -> None:
    registers.add_forecast(
        tx,
        begins=parse(field("begins"), district.tz),
        ends=parse(field("ends"), district.tz),
        rainfall_mm=_number("rainfall_mm"),
        source=field("source")[:200],
        who=me(),
        now=at,
    )


def _backup(tx: Transaction, district: District, at: int) -> None:
    station, state = field("station"), field("state")
    note = field("note")[:1000]
    registers.set_backup(tx, district, station, state=state, note=note, who=me(), now=at)


FORMS: dict[str, Callable[[Transaction, District, int], None]] = {
    "hazard": _hazard,
    "inspection": _inspection,
    "forecast": _forecast,
    "backup_source": _backup,
}


def _severity() -> Severity:
    name = field("severity")
    if name not in Severity.__members__:
        raise Refused(f"{name!r} is not a severity; use IV, III, II or I")
    return Severity[name]


def _number(name: str) -> float:
    given = field(name)
    try:
        value = float(given)
    except ValueError:
        raise Refused(f"{given!r} is not a number") from None
    if not isfinite(value):
        raise Refused(f"{given!r} is not a number")
    return value
