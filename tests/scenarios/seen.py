"""What a scenario has left in the database, in the words of its file."""

from collections import Counter
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from floodwatch.model.severity import Severity
from floodwatch.notify.sms_text import first
from floodwatch.store import alert_log
from floodwatch.store import tables as t
from floodwatch.store.database import Database
from tests.scenarios.reading_files import ZONE

SPOKEN = ("fired", "worsened", "eased", "resolved")


class Seen:
    """What there is to see of a play that began at `start`."""

    def __init__(self, database: Database, start: int) -> None:
        self.database = database
        self.start = start

    def _rows(self, query: Any) -> list[Any]:
        with self.database.read() as connection:
            return list(connection.execute(query).all())

    def life(self) -> list[str]:
        """Every transition: local time, station, rule type, kind, severity, threshold."""
        e, a = t.alert_event, t.alert
        query = (
            select(e.c.at, a.c.station, a.c.type, e.c.kind, e.c.severity, e.c.facts)
            .join(a, a.c.id == e.c.alert_id)
            .where(e.c.kind.in_(SPOKEN), a.c.type != "system")
            .order_by(e.c.at, a.c.station, a.c.type, e.c.id)
        )
        return [
            " ".join(
                filter(
                    None,
                    (
                        self.clock(row.at),
                        row.station,
                        row.type,
                        row.kind,
                        Severity(row.severity).name,
                        (row.facts or {}).get("band") or "",
                    ),
                )
            )
            for row in self._rows(query)
        ]

    def told(self, way: str = "", state: str = "") -> dict[str, int]:
        """How many messages each person was written; `way` "call": calls alone."""
        query = select(t.outbox.c.person, t.outbox.c.way, t.outbox.c.state)
        query = query.where(t.outbox.c.kind != "canary").order_by(t.outbox.c.id)
        rows = self._rows(query)
        counted = Counter(
            row.person for row in rows if way in ("", row.way) and state in ("", row.state)
        )
        return dict(counted)

    def texts(self) -> list[str]:
        """What each person reads on a locked telephone: person, then the first 70 characters."""
        query = select(t.outbox.c.person, t.outbox.c.subject, t.outbox.c.created_at)
        return [
            f"{row.person}: {first(row.subject)}"
            for row in self._rows(query.order_by(t.outbox.c.id))
        ]

    def order(self) -> list[str]:
        """What reached people, in the order in which it was taken."""
        o, a = t.outbox.c, t.attempt.c
        query = select(o.person, o.subject).join(t.attempt, a.outbox_id == o.id)
        query = query.where(a.sent == "accepted").order_by(a.id)
        return [f"{row.person}: {row.subject}" for row in self._rows(query)]

    def open(self) -> list[str]:
        """What stands."""
        with self.database.read() as connection:
            rows = alert_log.alerts(connection, state="firing")
        return sorted(
            f"{row['station']} {row['type']} {Severity(row['severity']).name}"
            for row in rows
            if row["type"] != "system"
        )

    def states(self) -> dict[str, list[str]]:
        """How each person's obligations stand, in the order in which they arose."""
        o = t.obligation.c
        found: dict[str, list[str]] = {}
        for party, state in self._rows(select(o.party, o.state).order_by(o.id)):
            found.setdefault(party, []).append(state)
        return found

    def notes(self) -> list[str]:
        """The lines of the timelines."""
        e = t.alert_event
        query = select(e.c.at, e.c.kind, e.c.text).where(e.c.text.is_not(None)).order_by(e.c.id)
        return [f"{self.clock(row.at)} {row.kind} {row.text}" for row in self._rows(query)]

    def requests(self) -> int:
        """How often another authority's pumps were asked for."""
        return int(self._rows(select(func.count()).select_from(t.city_request))[0][0])

    def tones(self) -> int:
        """How often the room's tone sounded."""
        return int(self._rows(select(func.count()).select_from(t.sound))[0][0])

    def clock(self, at: int) -> str:
        """A moment as the file writes it."""
        local = datetime.fromtimestamp(at / 1000, ZONE)
        days = (local.date() - datetime.fromtimestamp(self.start / 1000, ZONE).date()).days
        clock = f"{local:%H:%M}" if local.second == 0 else f"{local:%H:%M:%S}"
        return f"+{days} {clock}" if days else clock
