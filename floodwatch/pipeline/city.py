"""The request to the city (联调单): asked when the lake is high enough, answered, running, over."""

from functools import partial
from typing import NamedTuple

from floodwatch.model.district import District
from floodwatch.model.reading import SeriesKey
from floodwatch.model.threshold import Threshold, ruling
from floodwatch.pipeline import faults
from floodwatch.pipeline.newest import latest_of
from floodwatch.pipeline.plan import Plan
from floodwatch.rules import level
from floodwatch.store import city_requests, journal
from floodwatch.store.city_requests import Request
from floodwatch.store.database import Transaction
from floodwatch.store.journal import SeriesMap

JOINT = "joint_dispatch"
CITY = "city"  # the role of those who answer for the pumps
SYSTEM = "系统"


class Agreement(NamedTuple):
    """A lake and the pumping station it may ask for."""

    lake: str
    pumps: str


def agreements(district: District) -> list[Agreement]:
    """Who may ask whom: `asks` of the lakes' level rules."""
    return [
        Agreement(setting.station, str(setting.parameters["asks"]))
        for setting in district.rules
        if setting.type == level.TYPE and setting.station and "asks" in setting.parameters
    ]


def step(tx: Transaction, plan: Plan, *, series: SeriesMap, now: int) -> None:
    """Ask where a lake stands at its joint-dispatch level; note answers and running pumps."""
    agreed = agreements(plan.district)
    if not agreed:
        return
    waiting = {request.station: request for request in city_requests.unended(tx.connection)}
    for agreement in agreed:
        request = waiting.get(agreement.pumps)
        if request is None:
            work = partial(_ask, tx, plan.district, agreement, now)
        else:
            work = partial(_follow, tx, plan.district, agreement, request, series=series, now=now)
        faults.attempt(tx, f"the request of {agreement.lake}", work)  # one stops no other


def _ask(tx: Transaction, district: District, agreement: Agreement, now: int) -> None:
    limit = _limit(district, agreement.lake, now)
    found = city_requests.standing(tx.connection, agreement.lake)
    if limit is None or found is None or found.severity < int(limit.severity):
        return
    if city_requests.of_alert(tx.connection, found.alert_id):
        return  # one alert asks once
    lake, pumps = district.stations[agreement.lake], district.stations[agreement.pumps]
    at = f"{found.value:.2f}米" if found.value is not None else ""
    text = f"{lake.name}水位{at}达联调水位{limit.value:.2f}米，请{pumps.name}开机"
    city_requests.ask(tx, agreement.pumps, text, who=SYSTEM, now=now, alert_id=found.alert_id)


def _limit(district: District, lake: str, now: int) -> Threshold | None:
    mine = [t for t in district.thresholds if (t.station, t.name) == (lake, JOINT)]
    return next(iter(ruling(mine, now, district.zone_of(lake))), None)


def _follow(
    tx: Transaction,
    district: District,
    agreement: Agreement,
    request: Request,
    *,
    series: SeriesMap,
    now: int,
) -> None:
    if request.answered_at is None and request.alert_id is not None:
        lake = district.stations.get(agreement.lake)
        people = lake.persons.get(CITY, ()) if lake else ()
        said = city_requests.answered_by(tx.connection, request.alert_id, people)
        if said is not None:
            city_requests.answer(tx, request.id, who=said[0], text="收到", now=said[1])
    pumps = _pumps(tx, agreement.pumps, series, now)
    if pumps is None or pumps[1] < request.asked_at:
        return
    count, time = pumps
    if count > 0:
        city_requests.running(tx, request.id, now=time)
    elif request.running_at is not None:
        city_requests.end(tx, request.id, now=time)
    elif city_requests.standing(tx.connection, agreement.lake) is None:
        city_requests.end(tx, request.id, now=now)  # the lake went down without them


def _pumps(tx: Transaction, station: str, series: SeriesMap, now: int) -> tuple[float, int] | None:
    """How many units run by the newest reading, and its time."""
    key = SeriesKey(station, "1", "pumps_running")
    ids = series.ids(tx, [key], now=now, create=False)
    if key not in ids:
        return None
    rows = journal.latest(tx.connection, [ids[key]])
    if ids[key] not in rows:
        return None
    reading = latest_of(key, rows[ids[key]]).reading
    return reading.value, reading.time
