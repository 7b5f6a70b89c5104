"""A small district in code: one of each kind, with limits, people and a hostile name."""

from dataclasses import replace

from floodwatch.model.clock import HOUR, MINUTE
from floodwatch.model.district import District
from floodwatch.model.people import Person
from floodwatch.model.season import Season
from floodwatch.model.severity import Severity
from floodwatch.model.station import Gauge, Reporting, Station, StationKind
from floodwatch.model.threshold import Comparator, Threshold

RESERVOIR, POINT, RAIN, HOSTILE, PLANT = "61990003", "61990012", "61990052", "61990099", "61990091"
HOSTILE_NAME = "=1+1<script>alert(1)</script>"


def limit(
    name: str, severity: Severity, value: float, label: str, season: Season | None = None
) -> Threshold:
    """An upper limit of the reservoir."""
    return Threshold(
        RESERVOIR,
        "1",
        "stage",
        name,
        severity,
        Comparator.AT_OR_ABOVE,
        value,
        value - 0.02,
        season=season,
        label=label,
        source="示范",
    )


LIMITS = (
    limit("flood_limit", Severity.IV, 104.0, "汛限水位", Season((4, 1), (9, 30))),
    limit("flood_limit", Severity.IV, 104.5, "汛限水位", Season((10, 1), (3, 31))),
    limit("design_flood", Severity.II, 104.75, "设计洪水位"),
    limit("check_flood", Severity.I, 105.10, "校核洪水位"),
    Threshold(
        POINT,
        "1",
        "ponding_depth",
        "close",
        Severity.I,
        Comparator.AT_OR_ABOVE,
        0.25,
        0.22,
        label="封闭",
    ),
)


RIVER = {
    "properties": {"name": "示范河", "kind": "river"},
    "geometry": {"type": "LineString", "coordinates": [[113.2, 29.3], [113.3, 29.4]]},
}


def small_district(*, demonstration: bool = False, version: int = 1) -> District:
    """Five stations."""
    fast = Reporting(timed=HOUR, additional=5 * MINUTE)
    reservoir = Station(
        RESERVOIR,
        "示范石桥水库",
        StationKind.RESERVOIR,
        (
            Gauge(RESERVOIR, "stage"),
            Gauge(RESERVOIR, "rainfall", period=5 * MINUTE),
            Gauge(RESERVOIR, "piezometric_stage", gauge="P1"),
            Gauge(RESERVOIR, "battery"),
        ),
        reporting=fast,
        crest=105.9,
        catchment=0.85,
        normal_pool=104.0,
        curve=((96.0, 0.0), (100.0, 50_000.0), (104.0, 210_000.0), (107.0, 400_000.0)),
        persons={"patrol": ("示范丙三",)},
        downstream="57 户 203 人",
        rain_from=RAIN,
        lon=113.3,
        lat=29.4,
    )
    stations = (
        reservoir,
        Station(
            POINT,
            "示范学院下穿通道",
            StationKind.WATERLOGGING,
            (Gauge(POINT, "ponding_depth"),),
            reporting=fast,
            rain_from=RAIN,
            order=1,
        ),
        Station(
            RAIN,
            "示范石桥雨量站",
            StationKind.RAIN,
            (Gauge(RAIN, "rainfall", period=5 * MINUTE), Gauge(RAIN, "rainfall_total")),
            reporting=fast,
            order=2,
        ),
        Station(
            HOSTILE,
            HOSTILE_NAME,
            StationKind.RIVER,
            (Gauge(HOSTILE, "stage"),),
            order=3,
            lon=113.25,
            lat=29.35,
        ),
        Station(
            PLANT,
            "示范龙潭水厂",
            StationKind.SUPPLY,
            (Gauge(PLANT, "residual_chlorine"), Gauge(PLANT, "turbidity")),
            order=4,
        ),
    )
    people = {
        name: Person(name, phone=f"+86100000000{number:02d}", role="patrol")
        for number, name in enumerate(("示范丙三", "示范丙一"), 1)
    }
    made = District(
        version=version,
        name="示范区",
        stations={station.code: station for station in stations},
        thresholds=LIMITS,
        people=people,
        layers={"rivers": {"features": [RIVER]}},
    )
    return replace(made, demonstration=demonstration)
