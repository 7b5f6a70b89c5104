"""Tidying up: old journal rows into blocks, and the days that have changed summed up again."""

from typing import NamedTuple

from floodwatch.model.clock import HOUR
from floodwatch.model.district import District
from floodwatch.store import daily
from floodwatch.store.compaction import Compacted, compact
from floodwatch.store.database import Database


class Tidied(NamedTuple):
    """What one run has done."""

    compacted: Compacted
    days: int


def tidy(database: Database, *, district: District, now: int, epoch: int | None = None) -> Tidied:
    """Compact what is older than the journal's span and recompute dirty days.

    Raises Fenced when `epoch` is given and another engine has taken over. Running it again, or
    stopping it anywhere, loses nothing.
    """
    timed = {
        gauge.key: station.reporting.timed
        for station in district.stations.values()
        for gauge in station.gauges
    }
    days = daily.recompute(
        database, zone_of=district.zone_of, timed=timed, default=HOUR, epoch=epoch
    )
    return Tidied(compact(database, now=now, epoch=epoch), days)
