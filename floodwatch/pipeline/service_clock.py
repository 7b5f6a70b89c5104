"""Service time: what every deadline is stored in; no change of the wall clock moves it."""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from sqlalchemy import Connection

from floodwatch.model.clock import MINUTE, SECOND, Clock
from floodwatch.store.clockwork import (
    ServiceRow,
    advanced,
    boot_id,
    service_now,
    service_row,
    set_service_row,
)
from floodwatch.store.database import Transaction
from floodwatch.store.deadlines import move_deadlines

DISAGREE = MINUTE  # a wall clock further off than this is not to be believed
MANY = 60  # stations whose clocks are weighed anew with each reading
SLEW = 2 * SECOND  # smaller differences are the ordinary drift of two clocks: followed


class Moment(NamedTuple):
    """Now, as everything in one transaction sees it."""

    now: int  # service time, ms
    agrees: bool  # whether the wall clock agrees with it


class ServiceClock:
    """Reads service time in any process; the engine advances it with `beat`."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.boot = boot_id()

    def moment(self, connection: Connection) -> Moment:
        """Now, from the engine's last beat carried on by monotonic time."""
        row = service_row(connection)
        if row is None:
            return Moment(self._clock.wall(), True)
        return Moment(advanced(row, self._clock, boot=self.boot), row.agrees)

    def wall(self) -> int:
        """What the wall clock says, right or wrong, ms."""
        return self._clock.wall()

    def monotonic(self) -> float:
        """Seconds that never go back, by the clock service time follows."""
        return self._clock.monotonic()

    def beat(self, tx: Transaction, *, devices: int | None = None) -> Moment:
        """Advance service time and compare the wall clock with it.

        `devices`: by how much (ms) the stations' clocks, as one, differ from service time; None
        when nothing is known. When they agree with a wall clock that has moved, it was service time
        that was wrong (a machine that started with a false date): service time is set right, and
        the deadlines move with it.
        """
        now = service_now(tx.connection, self._clock)
        wall = self._clock.wall()
        drift = wall - now
        if abs(drift) <= SLEW:
            now = max(now, min(wall, now + SECOND // 10))
        elif devices is not None and abs(drift - devices) <= MINUTE < abs(drift):
            move_deadlines(tx, drift)
            now, drift = wall, 0
        agrees = abs(drift) <= DISAGREE
        row = ServiceRow(
            now=now,
            monotonic=self._clock.monotonic(),
            boot=self.boot,
            offset=0,
            agrees=agrees,
            speed=1.0,
        )
        set_service_row(tx, row)
        return Moment(now, agrees)


class DeviceClocks:
    """What the stations' own clocks say of ours: the newest difference of each, ten minutes long.

    A device with a wrong clock is one device; when at least three stations, and most of those
    heard, are off by the same amount, it is us.
    """

    def __init__(self) -> None:
        self._places: dict[str, int] = {}  # station -> its place in the columns
        self._ahead = np.zeros(MANY, np.int64)  # reading time - now
        self._at = np.zeros(MANY, np.int64)  # service ms
        self._judged: tuple[int, int | None] | None = None  # (when, verdict), while it stands

    def hear(self, station: str, difference: int, *, now: int) -> None:
        """Note by how much (ms) a station's newest reading was ahead (+) or late (-)."""
        place = self._places.setdefault(station, len(self._places))
        if place >= self._at.size:
            self._ahead, self._at = (np.concatenate((a, a)) for a in (self._ahead, self._at))
        self._ahead[place], self._at[place] = difference, now
        if len(self._places) <= MANY:
            self._judged = None

    def verdict(self, now: int) -> int | None:
        """By how much all are off, ms; 0 when they agree with us; None when too few speak.

        Of many stations it is asked once a second: each of them changes little.
        """
        if self._judged is None or not 0 <= now - self._judged[0] < SECOND:
            self._judged = (now, self._weigh(now))
        return self._judged[1]

    def _weigh(self, now: int) -> int | None:
        # What was heard "later" than now was so before service time was set back.
        passed = now - self._at[: len(self._places)]
        ahead = self._ahead[: len(self._places)]
        recent = ahead[(passed >= -MINUTE) & (passed <= 10 * MINUTE)]
        if recent.size < 3:
            return None
        middle = int(np.median(recent))
        alike = int((np.abs(recent - middle) <= 3 * MINUTE).sum())
        if 2 * alike <= recent.size:
            return None
        return middle if abs(middle) > 15 * MINUTE else 0


def newest_by_station(pairs: Iterable[tuple[str, int]]) -> dict[str, int]:
    """The newest time of each station among (station, time) pairs."""
    newest: dict[str, int] = {}
    for station, time in pairs:
        if time > newest.get(station, time - 1):
            newest[station] = time
    return newest
