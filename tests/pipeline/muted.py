"""A room whose mutes are looked after, and findings of silence."""

from typing import Any

from floodwatch.alerts.lifecycle import step
from floodwatch.model.alert import DISTRICT, Holds, Origin, RuleKey, RuleState
from floodwatch.model.clock import HOUR
from floodwatch.model.finding import Finding
from floodwatch.model.severity import Severity
from floodwatch.pipeline import muting, shelving
from floodwatch.pipeline.tell import tell, tell_anew
from floodwatch.store import alert_log, tables
from tests.notify.village import DAM
from tests.pipeline.telling import Room

I, II, III, IV = (Severity[name] for name in ("I", "II", "III", "IV"))  # noqa: E741
OFFICER, SECOND = "示范值班员甲", "示范丙一"
SILENT = RuleKey(DAM, "1", "stage", "stale", "none")
BATTERY = RuleKey(DAM, "1", "battery", "stale", "none")
RISEN = RuleKey(DAM, "1", "stage", "rise_silent", "up")
OFFLINE = RuleKey(DAM, "*", "all", "offline", "none")
FEED = RuleKey(DISTRICT, "north", "all", "feed", "none")


def hushed(severity: Severity = III) -> Finding:
    """A finding of silence."""
    return Finding(severity, severity, band="silent", label="失测")


class MutedRoom(Room):
    """A room whose mutes the tick looks after."""

    def look(self, milliseconds: int = 0) -> None:
        """Later, the tick looks at mutes and escalates."""
        self.now += milliseconds
        with self.database.write() as tx:
            again = muting.step(tx, district=self.district, now=self.now)
            tell_anew(tx, again, district=self.district, now=self.now)
        self.pass_time(0)

    def shelve(self, alert_id: int, span: int = HOUR, **more: Any) -> int:
        """The officer shelves an alert."""
        asked = {"who": OFFICER, "reason": "已派人核实", "second": ""} | more
        with self.database.write() as tx:
            return shelving.shelve(
                tx, alert_id, district=self.district, span=span, now=self.now, **asked
            )

    def maintain(self, station: str = DAM, span: int = 2 * HOUR, **more: Any) -> int:
        """Work at a station begins now."""
        asked: dict[str, Any] = {
            "begins": self.now,
            "ends": self.now + span,
            "who": OFFICER,
            "reason": "换探头",
        }
        with self.database.write() as tx:
            return shelving.maintain(
                tx, station, district=self.district, now=self.now, **asked | more
            )

    def end(self, mute: int) -> None:
        """Somebody ends a mute before its time."""
        with self.database.write() as tx:
            shelving.end(tx, mute, who=OFFICER, now=self.now)

    def muted(self) -> dict[str, str | None]:
        """Why each open alert is muted, by type."""
        rows = self.table(tables.alert, resolved_at=None)
        return {row["type"]: row["muted_by"] for row in rows}

    def to_call(self) -> list[str]:
        """Who stands on the hand call list."""
        with self.database.read() as connection:
            return [entry.person for entry in alert_log.call_list(connection, now=self.now)]

    def fresh(self) -> list[tuple[Any, ...]]:
        """(person, kind) of the messages since the last look, which are then sent."""
        rows = self.outbox(state="pending")
        for row in rows:
            self.mark("accepted", id=row["id"])
        return [(row["person"], row["kind"]) for row in rows]


def together(room: Room, *rules: RuleKey) -> None:
    """These rules fire in one transaction."""
    changes = []
    for rule in rules:
        before = RuleState()
        after, said = step(before, hushed(), now=room.now, holds=Holds(0, 0))
        room.states[rule] = after
        changes.append(alert_log.Change(rule, before, after, said, Origin.LIVE, 1))
    with room.database.write() as tx:
        told = alert_log.save(tx, changes)
        tell(tx, told, district=room.district, now=room.now)
