"""Plays a scenario through the whole pipeline, minute by minute, on a clock of its own."""

from collections import Counter
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select

from floodwatch.model.alert import CallResult
from floodwatch.model.batch import Batch
from floodwatch.model.clock import MINUTE
from floodwatch.model.reading import RawReading
from floodwatch.model.severity import Severity
from floodwatch.store import alert_log
from floodwatch.store import tables as t
from floodwatch.store.database import Database
from tests.pipeline.town import Town
from tests.scenarios.reading_files import ZONE, Event, Said, Scenario

SPOKEN = ("fired", "worsened", "eased", "resolved")


class Play:
    """One scenario being played in a town."""

    def __init__(self, scenario: Scenario, database: Database, folder: Path) -> None:
        self.scenario = scenario
        self.town = Town(database, folder, at=scenario.start)
        for name, text in scenario.config.items():
            path = self.town.folder / name
            path.write_text(path.read_text("utf-8") + "\n" + text, "utf-8")
        for name, pairs in scenario.replace.items():
            for old, new in pairs:
                self._edit(name, old, new)
        self.town.configure()

    def run(self) -> None:
        """From the start to the end; what is said or done at a moment comes before its tick."""
        said, events = list(self.scenario.said), list(self.scenario.events)
        step = int(self.scenario.tick * MINUTE)
        moments = set(range(self.scenario.start, self.scenario.until + 1, step))
        moments |= {one.at for one in said} | {one.at for one in events}
        for at in sorted(moments):
            self.town.clock.advance(at - self.town.clock.wall())
            now = [one for one in said if one.at == at]
            if now:
                self._say(now)
            for event in (one for one in events if one.at == at):
                DOINGS[event.do](self, event)
            self.town.ticker.tick()

    def _say(self, said: list[Said]) -> None:
        for imported in (False, True):
            readings = tuple(
                RawReading(
                    one.station, one.variable, one.time, one.value, gauge=one.gauge, unit=one.unit
                )
                for one in said
                if one.imported is imported
            )
            if readings:
                number = self.town.an_import() if imported else None
                self.town.send(Batch("scenario", readings, import_id=number))

    def _edit(self, name: str, old: str, new: str) -> None:
        path = self.town.folder / name
        text = path.read_text("utf-8")
        assert old in text, f"{name} does not say {old!r}"
        path.write_text(text.replace(old, new), "utf-8")

    # -- what was seen ---------------------------------------------------------------------

    def life(self) -> list[str]:
        """Every transition: local time, station, rule type, kind, severity, threshold."""
        e, a = t.alert_event, t.alert
        query = (
            select(e.c.at, a.c.station, a.c.type, e.c.kind, e.c.severity, e.c.facts)
            .join(a, a.c.id == e.c.alert_id)
            .where(e.c.kind.in_(SPOKEN), a.c.type != "system")
            .order_by(e.c.at, e.c.id)
        )
        with self.town.database.read() as connection:
            rows = connection.execute(query).all()
        return [
            " ".join(
                filter(
                    None,
                    (
                        self._clock(row.at),
                        row.station,
                        row.type,
                        row.kind,
                        Severity(row.severity).name,
                        (row.facts or {}).get("band") or "",
                    ),
                )
            )
            for row in rows
        ]

    def messages(self, way: str = "") -> dict[str, int]:
        """How many messages each person was written; `way` "call": calls alone."""
        counted = Counter(
            str(row["person"])
            for row in self.town.messages()
            if row["alert_id"] is not None and way in ("", row["way"])
        )
        return dict(counted)

    def open(self) -> list[str]:
        """What stands."""
        with self.town.database.read() as connection:
            rows = alert_log.alerts(connection, state="firing")
        return sorted(
            f"{row['station']} {row['type']} {Severity(row['severity']).name}"
            for row in rows
            if row["type"] != "system"
        )

    def states(self) -> dict[str, list[str]]:
        """How each person's obligations stand."""
        o = t.obligation.c
        with self.town.database.read() as connection:
            rows = connection.execute(select(o.party, o.state).order_by(o.id)).all()
        found: dict[str, list[str]] = {}
        for party, state in rows:
            found.setdefault(party, []).append(state)
        return found

    def _clock(self, at: int) -> str:
        local = datetime.fromtimestamp(at / 1000, ZONE)
        days = (local.date() - datetime.fromtimestamp(self.scenario.start / 1000, ZONE).date()).days
        clock = f"{local:%H:%M}" if local.second == 0 else f"{local:%H:%M:%S}"
        return f"+{days} {clock}" if days else clock

    # -- what is done ----------------------------------------------------------------------

    def alert_of(self, event: Event) -> int:
        """The newest alert of the event's station (and rule type, if it names one)."""
        with self.town.database.read() as connection:
            rows = alert_log.alerts(connection, state="all")
        for row in rows:
            if row["station"] == event.more["station"] and event.more.get("type") in (
                None,
                row["type"],
            ):
                return int(row["id"])
        raise AssertionError(f"{self.scenario.name}: no alert for {event}")

    def acknowledge(self, event: Event) -> None:
        """The room has it."""
        number = self.alert_of(event)
        with self.town.database.write() as tx:
            alert_log.acknowledge(
                tx, number, who=event.more["by"], note="", via="page", now=event.at
            )

    def call(self, event: Event) -> None:
        """The officer called a person by hand."""
        with self.town.database.write() as tx:
            alert_log.record_call(
                tx,
                event.more["person"],
                result=CallResult(event.more["result"]),
                officer=event.more["by"],
                now=event.at,
            )

    def restart(self, event: Event) -> None:
        """The engine died and came back."""
        del event
        self.town.restart()

    def edit(self, event: Event) -> None:
        """Somebody edits a file of the configuration."""
        self._edit(event.more["file"], event.more["old"], event.more["new"])
        self.town.configure()

    def ticks(self, event: Event) -> None:
        """Nothing: only the time passes here."""


Doing = Callable[[Play, Event], Any]
DOINGS: dict[str, Doing] = {
    "ack": Play.acknowledge,
    "call": Play.call,
    "restart": Play.restart,
    "edit": Play.edit,
    "tick": Play.ticks,
}
