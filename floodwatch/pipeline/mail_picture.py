"""The picture that goes with a mail: drawn within two seconds or not at all."""

import logging
from collections.abc import Callable

from floodwatch.charts.picture import Subject, draw
from floodwatch.model.clock import HOUR
from floodwatch.model.district import District
from floodwatch.model.notification import Message
from floodwatch.model.reading import SeriesKey
from floodwatch.notify.figures import name_of
from floodwatch.outside.bounded import Overrun, within
from floodwatch.store import alert_log
from floodwatch.store.database import Database
from floodwatch.store.readings import Readings

_log = logging.getLogger(__name__)

LIMIT_S = 2.0
SPAN = 24 * HOUR
SHOWN = {"ponding_depth": ("cm", 100.0, 0), "storage": ("万m³", 1e-4, 1)}
UNITS = {"stage": "m", "tail_stage": "m", "piezometric_stage": "m", "rainfall": "mm"}


def pictures(database: Database, district: Callable[[], District]) -> Callable[[Message], bytes]:
    """What draws the picture of a message; empty when there is none or it takes too long.

    A mail never waits longer and never fails for its picture.
    """
    readings = Readings(database)

    def picture(message: Message) -> bytes:
        if message.alert_id is None:
            return b""
        try:
            return within(LIMIT_S, lambda: _drawn(database, readings, district(), message))
        except Overrun:
            _log.warning("the picture of alert %s takes too long: left out", message.alert_id)
        except ImportError:
            _log.info("no picture without matplotlib: install the extra `pictures`")
        except Exception:  # noqa: BLE001 - whatever it is, the mail goes out without it
            _log.exception("the picture of alert %s cannot be drawn", message.alert_id)
        return b""

    return picture


def _drawn(database: Database, readings: Readings, district: District, message: Message) -> bytes:
    with database.read() as connection:
        alert = alert_log.alert(connection, message.alert_id or 0)
    if alert is None or alert["station"] not in district.stations:
        return b""
    station = district.stations[alert["station"]]
    key = SeriesKey(station.code, alert["gauge"], alert["variable"])
    end = max(message.at, alert["value_time"] or 0)
    unit, factor, decimals = SHOWN.get(key.variable, (UNITS.get(key.variable, ""), 1.0, 2))
    level = alert["type"] == "level"
    return draw(
        Subject(
            series=readings.series(key, end - SPAN, end),
            name=f"{station.name} {name_of(key.variable, 'zh')}",
            code=station.code,
            unit=unit,
            zone=district.zone_of(station.code),
            limit=alert["limit_value"] if level else None,
            factor=factor,
            decimals=decimals,
            mark="【示范】" if district.demonstration else "",
        )
    )
