"""Which zone the dates of a station are in."""

from zoneinfo import ZoneInfo

from floodwatch.config.draft import Draft
from floodwatch.config.station_file import StationTable


def zone_of(draft: Draft, station: StationTable) -> ZoneInfo:
    """The station's own zone or the service's."""
    return ZoneInfo(station.tz) if station.tz else draft.zone
