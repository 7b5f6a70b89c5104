"""Tidying up: old journal rows into blocks, and the days that have changed summed up again."""

from datetime import timedelta
from typing import NamedTuple

from floodwatch.hydrology.hydrological_day import bounds, day_of
from floodwatch.model.clock import HOUR, MINUTE
from floodwatch.model.district import District
from floodwatch.store import daily
from floodwatch.store.clockwork import set_setting, setting
from floodwatch.store.compaction import Compacted, compact
from floodwatch.store.database import Database

SUMMED = "summed_until"  # the setting that says until when days have been noted
SETTLING = 10 * MINUTE  # the last reports of a day are given this long
MOST_DAYS = 8  # after an outage; what came in late has marked its own days


class Tidied(NamedTuple):
    """What one run has done."""

    compacted: Compacted
    days: int


def tidy(database: Database, *, district: District, now: int, epoch: int | None = None) -> Tidied:
    """Compact what is older than the journal's span and recompute dirty days.

    Raises Fenced when `epoch` is given and another engine has taken over. Running it again, or
    stopping it anywhere, loses nothing.
    """
    _note_days_over(database, district, now, epoch)
    timed = {
        gauge.key: station.reporting.timed
        for station in district.stations.values()
        for gauge in station.gauges
    }
    days = daily.recompute(
        database, zone_of=district.zone_of, timed=timed, default=HOUR, epoch=epoch
    )
    return Tidied(compact(database, now=now, epoch=epoch), days)


def _note_days_over(database: Database, district: District, now: int, epoch: int | None) -> None:
    """Have the days that are over since the last time summed up, whoever was heard in them."""
    last = day_of(now - SETTLING, district.tz) - timedelta(days=1)
    end = bounds(last, district.tz).end
    with database.read() as connection:
        known = setting(connection, SUMMED)
    since = known if isinstance(known, int) and known <= end else None  # later: the clock was wrong
    if since == end:
        return
    first = bounds(last - timedelta(days=MOST_DAYS - 1), district.tz).start
    with database.write(epoch=epoch) as tx:
        daily.note_live(tx, max(first, since or first), end)
        set_setting(tx, SUMMED, end)
