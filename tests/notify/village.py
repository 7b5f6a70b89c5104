"""A small district for tests of who is told what."""

from dataclasses import replace
from typing import Any

from floodwatch.model.alert import RuleKey
from floodwatch.model.district import District
from floodwatch.model.people import Person, Route
from floodwatch.model.severity import Severity
from floodwatch.model.station import Gauge, Station, StationKind
from floodwatch.notify.occasion import FIRED, Occasion

DAM, STREET, LAKE = "61990003", "61990012", "61990031"
STAGE = RuleKey(DAM, "1", "stage", "level", "up")
DEPTH = RuleKey(STREET, "1", "ponding_depth", "level", "up")
RAIN = RuleKey("61990051", "1", "rainfall", "rainfall", "up")
SYSTEM = RuleKey("system", "1", "clock", "system", "none")
NOW = 1_781_727_900_000  # 2026-06-18 04:25 +08:00


def _station(code: str, name: str, kind: StationKind, variable: str, **more: Any) -> Station:
    return Station(code, name, kind, (Gauge(code, variable),), **more)


STATIONS = {
    station.code: station
    for station in (
        _station(
            DAM,
            "石桥水库",
            StationKind.RESERVOIR,
            "stage",
            outlet="weir",
            downstream="57 户 203 人, 县道",
            persons={"patrol": ("示范丙三",), "administrative": ("示范丙一",)},
        ),
        _station(
            STREET,
            "学院下穿通道",
            StationKind.WATERLOGGING,
            "ponding_depth",
            point_type="underpass",
            persons={"street": ("示范站前街道",)},
        ),
        _station(LAKE, "示范湖", StationKind.LAKE, "stage"),
        _station("61990051", "示范雨量", StationKind.RAIN, "rainfall"),
        _station("61990091", "示范水厂", StationKind.SUPPLY, "residual_chlorine"),
    )
}
PEOPLE = {
    person.name: person
    for person in (
        Person("示范值班员甲", email="duty@example.org", phone="+8610000000001"),
        Person("示范丙三", email="patrol@example.org", deputy="示范丙四"),
        Person("示范丙四", email="deputy@example.org"),
        Person("示范丙一", phone="+8610000000008"),
        Person("示范站前街道", email="street@example.org"),
        Person("示范带班领导丙", email="leader@example.org", role="leader"),
        Person("示范外宾", email="guest@example.org", language="en"),
    )
}
IV, III, II, I = Severity  # noqa: E741
ROUTES = (
    Route(type=("system",), people=("示范值班员甲",), must_answer=True, channels=("smtp",)),
    Route(severity=(IV,), kind=("reservoir",), screen_only=True),
    Route(
        severity=(II, III),
        kind=("reservoir",),
        people=("示范值班员甲",),
        roles=("patrol",),
        inform=("示范外宾",),
        inform_roles=("administrative",),
        channels=("smtp",),
        must_answer=True,
        within=300_000,
    ),
    Route(
        severity=(I,),
        kind=("reservoir",),
        people=("示范值班员甲",),
        roles=("patrol",),
        channels=("smtp", "log"),
        must_answer=True,
        within=180_000,
    ),
    Route(kind=("waterlogging",), inform_roles=("street",), channels=("smtp",)),
    Route(people=("示范值班员甲",), channels=("smtp",)),
)
VILLAGE = District(
    version=1,
    name="示范区",
    stations=STATIONS,
    people=PEOPLE,
    routes=ROUTES,
    channels={"log": {}, "smtp": {"host": "127.0.0.1", "from": "floodwatch@example.org"}},
    service={"wording": "internal", "signature": "", "url": ""},
)


def district(**changes: Any) -> District:
    """The village with some things changed."""
    return replace(VILLAGE, **changes)


def occasion(rule: RuleKey = STAGE, **changes: Any) -> Occasion:
    """石桥水库 over its design flood, by default."""
    usual: dict[str, Any] = {
        "kind": FIRED,
        "alert_id": 12,
        "rule": rule,
        "severity": II,
        "now": NOW,
        "fired_at": NOW,
        "band": "design_flood",
        "label": "设计洪水位",
        "limit": 104.75,
        "value": 104.77,
        "time": NOW,
        "peak": 104.77,
        "peak_at": NOW,
        "facts": {"rate": 0.42, "next": "校核洪水位", "to_next": 0.33, "age": 0},
    }
    return Occasion(**(usual | changes))
