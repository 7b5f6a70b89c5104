"""The elements of SL 651 (table C.1): their two names, how they are written, what they become."""

from dataclasses import dataclass

from floodwatch.model.clock import HOUR, MINUTE


@dataclass(frozen=True, slots=True)
class Kind:
    """One element: `lead` byte, ASCII identifier, digits and decimals of N(D,d), unit.

    `variable`, `gauge` and `period` (ms) name the series it becomes; without a variable it is
    kept with the frame only. `level`: a water level, where zero may mean a dead gauge.
    """

    lead: int
    ident: str
    digits: int
    decimals: int
    unit: str
    zh: str
    variable: str | None = None
    gauge: str = "1"
    period: int = 0

    @property
    def level(self) -> bool:
        """Whether this is a water level."""
        return self.variable in ("stage", "tail_stage")


_DAY = 24 * HOUR


def _rain() -> tuple[Kind, ...]:
    spans = (
        *((0x1A, "P1", HOUR), (0x1B, "P2", 2 * HOUR), (0x1C, "P3", 3 * HOUR)),
        *((0x1D, "P6", 6 * HOUR), (0x1E, "P12", 12 * HOUR), (0x1F, "PD", _DAY)),
        *((0x21, "PN01", MINUTE), (0x22, "PN05", 5 * MINUTE), (0x23, "PN10", 10 * MINUTE)),
        (0x24, "PN30", 30 * MINUTE),
    )
    return tuple(
        Kind(lead, ident, 5, 1, "mm", "时段降水量", "rainfall", period=span)
        for lead, ident, span in spans
    )


def _numbered() -> tuple[Kind, ...]:
    """The elements that exist eight times over, for intakes and their meters."""
    kinds: list[Kind] = []
    for n in range(8):
        one, own = str(n + 1), n + 1
        kinds += (
            Kind(0x28 + n, f"Q{own}", 9, 3, "m3/s", f"取排水口流量{own}", "flow", f"Q{own}"),
            Kind(0x3C + n, f"Z{own}", 7, 3, "m", f"取排水口水位{own}", "stage", f"Z{own}"),
            Kind(0x58 + n, f"WP{own}", 5, 2, "kPa", f"水压{own}", "pressure", one),
            Kind(0x60 + n, f"SYL{own}", 11, 3, "m3", f"水表{own}剩余水量"),
            Kind(0x68 + n, f"SBL{own}", 10, 2, "m3/h", f"水表{own}每小时水量", "flow", f"SBL{own}"),
        )
    return tuple(kinds)


def _soil() -> tuple[Kind, ...]:
    depths = (10, 20, 30, 40, 50, 60, 80, 100)
    return tuple(
        Kind(0x10 + n, f"M{cm}", 4, 1, "%", f"{cm}厘米土壤含水量", "soil_moisture", str(cm))
        for n, cm in enumerate(depths)
    )


def _quality() -> tuple[Kind, ...]:
    mg = "mg/L"
    return (
        Kind(0x46, "PH", 4, 2, "pH", "pH值", "ph"),
        Kind(0x47, "DO", 4, 1, mg, "溶解氧", "dissolved_oxygen"),
        Kind(0x48, "COND", 5, 0, "uS/cm", "电导率"),
        Kind(0x49, "TURB", 3, 0, "NTU", "浊度", "turbidity"),
        Kind(0x4A, "CODMN", 4, 1, mg, "高锰酸盐指数"),
        Kind(0x4B, "REDOX", 5, 1, "mV", "氧化还原电位"),
        Kind(0x4C, "NH4N", 6, 2, mg, "氨氮", "ammonia_n"),
        Kind(0x4D, "TP", 5, 3, mg, "总磷"),
        Kind(0x4E, "TN", 5, 2, mg, "总氮"),
        Kind(0x4F, "TOC", 4, 2, mg, "总有机碳"),
        Kind(0x50, "CU", 7, 4, mg, "铜"),
        Kind(0x51, "ZN", 6, 4, mg, "锌"),
        Kind(0x52, "SE", 7, 5, mg, "硒"),
        Kind(0x53, "AS", 7, 5, mg, "砷"),
        Kind(0x54, "THG", 7, 5, mg, "总汞"),
        Kind(0x55, "CD", 7, 5, mg, "镉"),
        Kind(0x56, "PB", 7, 5, mg, "铅"),
        Kind(0x57, "CHLA", 4, 2, mg, "叶绿素a"),
    )


def _weather() -> tuple[Kind, ...]:
    return (
        Kind(0x02, "AI", 3, 1, "degC", "气温"),
        Kind(0x03, "C", 3, 1, "degC", "水温", "water_temperature"),
        Kind(0x06, "ED", 5, 1, "mm", "日蒸发量", "evaporation", period=_DAY),
        Kind(0x07, "EJ", 5, 1, "mm", "当前蒸发"),
        Kind(0x08, "FL", 5, 0, "hPa", "气压"),
        Kind(0x0D, "GTP", 3, 1, "degC", "地温"),
        Kind(0x18, "MST", 4, 1, "%", "湿度"),
        Kind(0x20, "PJ", 5, 1, "mm", "当前降水量", "rainfall_day"),
        Kind(0x25, "PR", 5, 1, "mm", "暴雨量"),
        Kind(0x26, "PT", 6, 1, "mm", "降水量累计值", "rainfall_total"),
        Kind(0x33, "UC", 2, 0, "", "风向"),
        Kind(0x34, "UE", 2, 0, "", "风力"),
        Kind(0x35, "US", 4, 1, "m/s", "风速"),
    )


def _water() -> tuple[Kind, ...]:
    return (
        Kind(0x01, "AC", 8, 2, "m2", "断面面积"),
        Kind(DURATION, "DT", 4, 2, "HH.mm", "历时"),
        Kind(GATE_HEIGHT, "GH", 5, 2, "m", "闸门开启高度", "gate_opening"),
        Kind(DEVICE, "GN", 3, 0, "", "输水设备、闸门(组)编号"),
        Kind(0x0B, "GS", 1, 0, "", "输水设备类别"),
        Kind(0x0C, "GT", 3, 0, "count", "闸门开启孔数"),
        Kind(WELL_DEPTH, "H", 6, 2, "m", "地下水埋深"),
        Kind(0x0F, "HW", 5, 2, "m", "波浪高度"),
        Kind(0x19, "NS", 2, 0, "count", "开机台数", "pumps_running"),
        Kind(0x27, "Q", 9, 3, "m3/s", "瞬时流量、抽水流量", "flow"),
        Kind(0x30, "QA", 9, 3, "m3/s", "总出库流量、过闸总流量", "outflow"),
        Kind(DEVICE_FLOW, "QZ", 9, 3, "m3/s", "输水设备、过闸(组)流量", "flow", "QZ"),
        Kind(0x32, "SW", 11, 3, "wan_t", "输沙量"),
        Kind(0x36, "VA", 5, 3, "m/s", "断面平均流速"),
        Kind(0x37, "VJ", 5, 3, "m/s", "瞬时流速"),
        Kind(0x38, "VT", 4, 2, "V", "电源电压", "battery"),
        Kind(0x39, "Z", 7, 3, "m", "河道水位、潮位", "stage"),
        Kind(0x3A, "ZB", 7, 3, "m", "库(闸、站)下水位", "tail_stage"),
        Kind(0x3B, "ZU", 7, 3, "m", "库(闸、站)上水位", "stage"),
        Kind(0x44, "SQ", 9, 3, "kg/m3", "含沙量"),
        Kind(STATUS_BITS, "ZT", 8, 0, "", "状态及报警"),
        *(Kind(0x70 + n, f"VT{p}", 4, 1, "V", f"交流{p}相电压") for n, p in enumerate("ABC")),
        *(Kind(0x73 + n, f"VI{p}", 4, 1, "A", f"交流{p}相电流") for n, p in enumerate("ABC")),
    )


STEP, DURATION, GATE_HEIGHT, DEVICE, WELL_DEPTH = 0x04, 0x05, 0x09, 0x0A, 0x0E
DEVICE_FLOW, STATUS_BITS = 0x31, 0x45
TIME_LEAD, STATION_LEAD, MANUAL_LEAD, PICTURE_LEAD = 0xF0, 0xF1, 0xF2, 0xF3
RAIN_SLOTS, FIRST_LEVELS, LAST_LEVELS, VELOCITIES, USER = 0xF4, 0xF5, 0xFC, 0xFD, 0xFF

KINDS: dict[int, Kind] = {
    kind.lead: kind
    for kind in (*_weather(), *_water(), *_rain(), *_numbered(), *_soil(), *_quality())
}
BY_IDENT: dict[str, Kind] = {kind.ident: kind for kind in KINDS.values()}
GATE_STATES = {444: "关闭", 555: "无闸门控制", 888: "提出水面", 999: "全开"}
DRY_WELL = 444
# Bit -> what it means when it is set; bits 7 and 10 mean something when they are clear.
STATUS_MEANINGS = {
    0: "交流停电",
    1: "蓄电池电压低",
    2: "水位超限",
    3: "流量超限",
    4: "水质超限",
    5: "流量仪表故障",
    6: "水位仪表故障",
    8: "存储器异常",
    9: "IC卡有效",
    11: "剩余水量超限",
}
CLEAR_MEANINGS = {7: "箱门开启", 10: "水泵工作"}
