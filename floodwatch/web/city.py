"""联调单 on the pages: what was asked for around a lake, the answers, and when pumps ran."""

from sqlalchemy import Connection

from floodwatch.model.district import District
from floodwatch.pipeline.city import agreements
from floodwatch.rules import gate
from floodwatch.store import city_requests
from floodwatch.store.city_requests import Request


def concerning(district: District, station: str) -> tuple[str, ...]:
    """The pumping stations whose requests belong on a station's page: its lake's, or its own."""
    lakes = {station} | {
        str(setting.parameters.get("lake"))
        for setting in district.rules
        if setting.type == gate.TYPE and setting.station == station
    }
    return tuple(
        agreed.pumps
        for agreed in agreements(district)
        if agreed.lake in lakes or agreed.pumps == station
    )


def requests(connection: Connection, district: District, station: str) -> list[Request] | None:
    """The newest requests, newest first; None for a station that has nothing to do with any."""
    pumps = concerning(district, station)
    return city_requests.of_stations(connection, pumps) if pumps else None
