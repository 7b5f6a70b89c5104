"""`hazard`, `inspection`, `forecast`, `backup-source`: what people enter beside the readings."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import click

from floodwatch.bootstrap import Services, open_services
from floodwatch.cli.context import Call, shared
from floodwatch.cli.table import columns
from floodwatch.model.clock import DAY
from floodwatch.model.moment import iso, parse
from floodwatch.model.severity import Severity
from floodwatch.pipeline import registers
from floodwatch.store import registers as store
from floodwatch.store.database import Transaction

T = TypeVar("T")
TIMES = ("found_at", "due", "closed_at", "at", "issued_at", "begins", "ends")
_by = click.option("--by", "who", required=True, help="Who enters it.")


@click.group("hazard")
def hazard() -> None:
    """Hazards (隐患) found on patrol."""


@hazard.command("add")
@click.argument("station")
@click.argument("title")
@click.option("--found-by", default="", help="Who found it; default: who enters it.")
@click.option("--owner", required=True, help="Who must put it right.")
@click.option("--due", default=None, help="By when, such as 2026-07-01.")
@click.option("--severity", type=click.Choice(list(Severity.__members__)), default="III")
@click.option("--limit", type=float, default=None, help="A stricter limit while it is open.")
@click.option("--variable", default="stage", show_default=True, help="Of the limit.")
@click.option("--gauge", default="1", show_default=True, help="Of the limit.")
@click.option("--note", default="")
@_by
@shared
def add_hazard(call: Call, station: str, title: str, who: str, **given: Any) -> None:
    """Enter a hazard."""

    def enter(tx: Transaction, services: Services) -> int:
        district = services.configuration.current()
        due = _by_end_of(given["due"], district.zone_of(station))
        return registers.add_hazard(
            tx,
            district,
            station,
            title=title,
            found_by=given["found_by"] or who,
            owner=given["owner"],
            severity=Severity[given["severity"]],
            due=due,
            limit=given["limit"],
            variable=given["variable"],
            gauge=given["gauge"],
            note=given["note"],
            who=who,
            now=services.now(),
        )

    number = _written(call, enter)
    call.emit({"hazard": number}, f"Hazard {number} is entered.")


@hazard.command("close")
@click.argument("number", type=int)
@click.option("--note", default="", help="What was done.")
@_by
@shared
def close_hazard(call: Call, number: int, note: str, who: str) -> None:
    """Close a hazard that was put right."""

    def close(tx: Transaction, services: Services) -> str:
        return registers.close_hazard(tx, number, who=who, now=services.now(), note=note)

    station = _written(call, close)
    call.emit({"hazard": number, "station": station}, f"Hazard {number} of {station} is closed.")


@hazard.command("list")
@click.option("--all", "everything", is_flag=True, help="Also those that are closed.")
@shared
def list_hazards(call: Call, everything: bool) -> None:
    """List the hazards."""
    with closing(open_services(call.config, call.data)) as services:
        now = services.now()
        with services.database.read() as connection:
            rows = (
                store.newest(connection, "hazard", limit=1000)
                if everything
                else store.open_hazards(connection, now=now)
            )
    found = [_document(row) for row in rows]
    names = ("id", "station", "title", "severity", "owner", "due", "limit_value", "closed_at")
    call.emit(found, lambda: _table(found, names))


@click.group("inspection")
def inspection() -> None:
    """Inspections (巡查)."""


@inspection.command("add")
@click.argument("station")
@click.argument("result")
@click.option("--inspector", default="", help="Who made it; default: who enters it.")
@click.option("--at", "at", default=None, help="When; default: now.")
@_by
@shared
def add_inspection(
    call: Call, station: str, result: str, inspector: str, at: str | None, who: str
) -> None:
    """Enter an inspection."""

    def enter(tx: Transaction, services: Services) -> int:
        district = services.configuration.current()
        return registers.add_inspection(
            tx,
            district,
            station,
            result=result,
            by=inspector,
            at=parse(at, district.zone_of(station)) if at else None,
            who=who,
            now=services.now(),
        )

    number = _written(call, enter)
    call.emit({"inspection": number}, f"Inspection {number} is entered.")


@click.group("forecast")
def forecast() -> None:
    """Rain typed in from the weather service's forecast."""


@forecast.command("add")
@click.argument("rainfall_mm", type=float)
@click.option("--from", "begins", required=True, help="Such as 2026-06-18T08:00.")
@click.option("--to", "ends", required=True, help="Such as 2026-06-19T08:00.")
@click.option("--source", required=True, help="Who forecasts it.")
@_by
@shared
def add_forecast(
    call: Call, rainfall_mm: float, begins: str, ends: str, source: str, who: str
) -> None:
    """Enter a forecast."""

    def enter(tx: Transaction, services: Services) -> int:
        tz = services.configuration.current().tz
        return registers.add_forecast(
            tx,
            begins=parse(begins, tz),
            ends=parse(ends, tz),
            rainfall_mm=rainfall_mm,
            source=source,
            who=who,
            now=services.now(),
        )

    number = _written(call, enter)
    call.emit({"forecast": number}, f"Forecast {number} is entered.")


@click.group("backup-source")
def backup_source() -> None:
    """Backup sources of drinking water."""


@backup_source.command("set")
@click.argument("station")
@click.argument("state", type=click.Choice(store.STATES))
@click.option("--note", default="")
@_by
@shared
def set_backup(call: Call, station: str, state: str, note: str, who: str) -> None:
    """Enter the state of a backup source."""

    def enter(tx: Transaction, services: Services) -> int:
        district = services.configuration.current()
        return registers.set_backup(
            tx, district, station, state=state, note=note, who=who, now=services.now()
        )

    _written(call, enter)
    call.emit({"station": station, "state": state}, f"{station}: {state}.")


def _by_end_of(given: str | None, tz: ZoneInfo) -> int | None:
    """A moment; of a date its end."""
    if not given:
        return None
    moment = parse(given, tz)
    return moment + DAY if len(given.strip()) == len("2026-07-01") else moment


def _written(call: Call, work: Callable[[Transaction, Services], T]) -> T:
    with closing(open_services(call.config, call.data)) as found, found.database.write() as tx:
        return work(tx, found)


def _document(row: Mapping[str, Any]) -> dict[str, Any]:
    times = {n: iso(row[n]) for n in TIMES if row.get(n) is not None}
    return {**row, **times, "severity": Severity(row["severity"]).name}


def _table(found: Sequence[Mapping[str, Any]], names: Sequence[str]) -> str:
    if not found:
        return "There are no hazards."
    rows = [["" if row[name] is None else str(row[name]) for name in names] for row in found]
    return columns([list(names), *rows])
