"""The places of the demonstration district and the numbers its water obeys. All fictional."""

from dataclasses import dataclass
from functools import cached_property

from floodwatch.hydrology.storage import PowerCurve
from floodwatch.model.season import Season

FIRST_HALF, SECOND_HALF, WINTER = (
    Season((4, 1), (6, 30)),
    Season((7, 1), (9, 30)),
    Season((10, 1), (3, 31)),
)
SEASONS = (FIRST_HALF, SECOND_HALF, WINTER)


@dataclass(frozen=True)
class Reservoir:
    """A small reservoir: heights in m, discharges m³/s; `rain` weighs the gauges of its basin."""

    code: str
    name: str
    area_km2: float
    bed: float
    dead: float
    drought_limit: float
    flood_limits: tuple[float, float, float]  # by season
    normal: float  # the weir's sill
    design: float
    check: float
    crest: float
    normal_m3: float
    exponent: float
    weir_m: float
    outlet: tuple[float, float]  # m³/s at normal pool: usual, fully open
    concentration_h: float
    start: float  # stage when the storm begins
    rain: tuple[tuple[str, float], ...]

    @cached_property
    def curve(self) -> PowerCurve:
        """Its storage curve."""
        return PowerCurve(self.bed, self.normal, self.normal_m3, self.exponent)


RESERVOIRS = (
    Reservoir(
        "61990001", "示范龙潭水库", 2.10, 82.0, 85.0, 87.2, (92.0, 92.5, 93.0), 93.0, 94.1, 94.6,
        95.6, 62e4, 2.2, 14, (0.25, 0.90), 0.90, 91.70, (("R1", 1.0),),
    ),
    Reservoir(
        "61990002", "示范清泉水库", 1.45, 70.5, 73.0, 74.6, (79.5, 79.5, 79.5), 79.5, 80.6, 81.05,
        81.9, 38e4, 2.1, 10, (0.05, 0.05), 0.70, 79.30, (("R1", 0.4), ("R2", 0.6)),
    ),
    Reservoir(
        "61990003", "示范石桥水库", 0.85, 96.0, 98.2, 99.6, (104.0, 104.0, 104.0), 104.0, 104.75,
        105.1, 105.9, 21e4, 2.0, 5, (0.03, 0.03), 0.50, 103.85, (("R2", 1.0),),
    ),
    Reservoir(
        "61990004", "示范新塘水库", 1.10, 60.0, 61.8, 63.0, (66.4, 66.8, 67.2), 67.2, 68.15, 68.55,
        69.4, 29e4, 2.0, 8, (0.12, 0.50), 0.60, 66.05, (("R3", 1.0),),
    ),
    Reservoir(
        "61990005", "示范枫树水库", 0.62, 75.0, 77.0, 78.3, (80.5, 80.5, 80.5), 82.0, 82.95, 83.35,
        84.1, 16e4, 2.0, 6, (0.10, 0.35), 0.45, 80.20, (("R4", 1.0),),
    ),
    Reservoir(
        "61990006", "示范竹山水库", 0.48, 53.0, 54.8, 55.9, (59.5, 59.5, 59.5), 59.5, 60.45, 60.85,
        61.6, 12e4, 1.9, 6, (0.02, 0.02), 0.40, 59.10, (("R6", 1.0),),
    ),
)  # fmt: skip


@dataclass(frozen=True)
class RainGauge:
    """A rain gauge; the storm reaches it with `factor` and `shift_h`; `burst`: the street burst."""

    code: str
    short: str
    factor: float
    shift_h: float
    burst: bool = False


RAIN_GAUGES = (
    RainGauge("61990051", "R1", 1.00, 0.00),
    RainGauge("61990052", "R2", 1.18, 0.10),
    RainGauge("61990053", "R3", 0.92, -0.15),
    RainGauge("61990054", "R4", 1.08, 0.25),
    RainGauge("61990055", "R5", 0.95, 0.35, burst=True),
    RainGauge("61990056", "R6", 0.92, -0.30, burst=True),
)


@dataclass(frozen=True)
class Point:
    """A waterlogging point, a bowl V = k·d². It drains into the lake at `outfall`, or the sump."""

    code: str
    name: str
    area_ha: float
    coefficient: float
    drain_m3s: float
    bowl: float  # k
    outfall: float | None  # m; None: to the sump of 三号排渍站
    rain: str


POINTS = (
    Point("61990011", "示范站前路口", 6.0, 0.80, 0.48, 9000, 27.45, "R5"),
    Point("61990012", "示范学院下穿通道", 1.6, 0.90, 0.15, 1100, None, "R5"),
    Point("61990013", "示范菜市巷", 4.0, 0.78, 0.30, 6000, 27.50, "R5"),
    Point("61990014", "示范湖滨小区", 5.0, 0.75, 0.42, 8000, 26.95, "R6"),
    Point("61990015", "示范医院东门", 3.0, 0.80, 0.27, 4500, 27.60, "R6"),
    Point("61990016", "示范洞庭南路段", 7.0, 0.80, 0.52, 12000, None, "R5"),
    Point("61990017", "示范老码头", 3.5, 0.80, 0.50, 5000, 27.70, "R6"),
    Point("61990018", "示范机床厂", 4.5, 0.80, 0.62, 7000, None, "R5"),
)

LAKE, GATE, RIVER = "61990031", "61990032", "61990041"
PUMP_1, PUMP_2, PUMP_3 = "61990021", "61990022", "61990023"

LAKE_M2, LAKE_FLOOR, LAKE_START = 2.00e6, 24.00, 26.45
SUMP_M2, SUMP_FLOOR, SUMP_START = 2_500.0, 23.00, 23.60
LATERAL_KM2, LATERAL_TC_H = 11.0, 1.6
LATERAL_RAIN = (("R5", 0.5), ("R6", 0.5))
