"""What every page shows of the present: service time, district, and what is wrong with us."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

from flask import g
from sqlalchemy import Connection

from floodwatch.model.clock import HOUR
from floodwatch.model.district import District
from floodwatch.store import board, clockwork, incoming, mutes, obligation_log, responses
from floodwatch.store.responses import Response
from floodwatch.web.services import Services, now, services

UNCLEAR_FOR = 12 * HOUR  # a shift: afterwards whoever came on duty has read it


@dataclass(frozen=True)
class Here:
    """One moment as all parts of one page see it."""

    now: int  # service time, ms
    district: District
    agrees: bool = True  # whether our wall clock is to be believed
    speed: float = 1.0
    refused: Any = None  # problems of a configuration that was refused
    response: Response | None = None  # emergency response in force
    mutes: tuple[dict[str, Any], ...] = ()  # in force: shelves and maintenance
    muted: int = 0  # open alerts of which nobody is told now
    demo: Mapping[str, Any] = field(default_factory=dict)
    show: str = "storm"  # what the demonstration shows
    open_alerts: int = 0
    unanswered: int = 0
    unreached: tuple[str, ...] = ()  # called in vain, and nobody answered in their place
    unclear: int = 0  # messages of the last hours nobody could make an answer of
    rev: int = 0

    @property
    def tz(self) -> ZoneInfo:
        """The zone times are shown in."""
        return self.district.tz

    @property
    def demonstration(self) -> bool:
        """Whether everything shown is invented."""
        return self.district.demonstration or services().demonstration


def look(given: Services, connection: Connection) -> Here:
    """The present, from one snapshot of the database."""
    row = clockwork.service_row(connection)
    alerts, unanswered = board.open_counts(connection)
    at = now(given, connection)
    return Here(
        now=at,
        district=given.configuration.current(connection),
        agrees=row is None or row.agrees,
        speed=1.0 if row is None else row.speed,
        refused=clockwork.setting(connection, "config_refused"),
        response=responses.current(connection),
        mutes=tuple(m for m in mutes.rows(connection, now=at) if m["begins"] <= at),
        muted=mutes.count(connection),
        demo=clockwork.setting(connection, "demo") or {},
        show=clockwork.setting(connection, "demo_show") or "storm",
        open_alerts=alerts,
        unanswered=unanswered,
        unreached=tuple(obligation_log.unreached(connection)),
        unclear=incoming.unclear(connection, since=at - UNCLEAR_FOR),
        rev=board.revision(connection),
    )


def here(connection: Connection | None = None) -> Here:
    """The present of this request: looked at once, from the page's own snapshot if it has one."""
    found: Here | None = g.get("here")
    if found is None:
        if connection is not None:
            found = look(services(), connection)
        else:
            with services().database.read() as opened:
                found = look(services(), opened)
        g.here = found
    return found
