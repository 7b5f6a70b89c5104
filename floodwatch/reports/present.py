"""The hand-over sheet's facts as of this moment, with the stations that are silent now."""

from floodwatch.model.district import District
from floodwatch.reports.shift_facts import Shift, shift
from floodwatch.store import board
from floodwatch.store.database import Database


def shift_until(database: Database, district: District, *, start: int, end: int) -> Shift:
    """What changed in (start, end], service ms; `end` is now."""
    with database.read() as connection:
        heard = {key: latest.heard for key, latest in board.latest(connection).items()}
        silent = [
            station.name
            for station in sorted(district.stations.values(), key=lambda s: s.order)
            if station.enabled
            and any(
                end - (heard.get(gauge.key) or end) > station.reporting.silent_after
                for gauge in station.gauges
                if gauge.watched
            )
        ]
        return shift(connection, start=start, end=end, silent=tuple(silent))
