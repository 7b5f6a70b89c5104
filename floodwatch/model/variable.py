"""The variables FloodWatch knows: canonical unit, nature, and what cannot be a value at all."""

from dataclasses import dataclass
from enum import StrEnum


class Nature(StrEnum):
    """How the numbers of a variable are to be read."""

    INSTANT = "instant"  # the value at `time`
    INCREMENT = "increment"  # the amount of the period that ends at `time`
    COUNTER = "counter"  # a running total, differenced when read


@dataclass(frozen=True, slots=True)
class Variable:
    """One measured quantity. `minimum` and `maximum` bound what can be a value at all (QC fail)."""

    name: str
    unit: str
    nature: Nature
    decimals: int
    zh: str
    en: str
    minimum: float
    maximum: float
    bare_unit: bool = False  # True: a number without a unit can only be in the canonical one


_I, _D, _C = Nature.INSTANT, Nature.INCREMENT, Nature.COUNTER

VARIABLES: dict[str, Variable] = {
    variable.name: variable
    for variable in (
        Variable("stage", "m", _I, 2, "水位", "stage", -500, 9000),
        Variable("tail_stage", "m", _I, 2, "下水位", "tail stage", -500, 9000),
        Variable("ponding_depth", "m", _I, 3, "积水深", "ponding depth", -5, 30),
        Variable("rainfall", "mm", _D, 1, "雨量", "rainfall", 0, 2000),
        Variable("rainfall_total", "mm", _C, 1, "累计雨量", "rainfall total", 0, 1e6),
        Variable("rainfall_day", "mm", _C, 1, "今日8时以来雨量", "rainfall since 08:00", 0, 3000),
        Variable("storage", "m3", _I, 0, "蓄水量", "storage", 0, 1e12),
        Variable("inflow", "m3/s", _I, 2, "入库流量", "inflow", -1e4, 1e6),
        Variable("outflow", "m3/s", _I, 2, "出库流量", "outflow", -1e4, 1e6),
        Variable("flow", "m3/s", _I, 2, "流量", "flow", -1e6, 1e6),
        Variable("gate_opening", "m", _I, 2, "闸门开度", "gate opening", -1, 100),
        Variable("pumps_running", "count", _I, 0, "开机台数", "pumps running", 0, 1000, True),
        Variable("meter_volume", "m3", _C, 1, "累计水量", "metered volume", 0, 1e12),
        Variable("pressure", "kPa", _I, 0, "压力", "pressure", -200, 1e5),
        Variable("turbidity", "NTU", _I, 2, "浊度", "turbidity", 0, 1e4, True),
        Variable("residual_chlorine", "mg/L", _I, 2, "余氯", "residual chlorine", 0, 100, True),
        Variable("chlorine_dioxide", "mg/L", _I, 2, "二氧化氯", "chlorine dioxide", 0, 100, True),
        Variable("ph", "pH", _I, 2, "pH", "pH", 0, 14, True),
        Variable("dissolved_oxygen", "mg/L", _I, 2, "溶解氧", "dissolved oxygen", 0, 100, True),
        Variable("ammonia_n", "mg/L", _I, 2, "氨氮", "ammonia nitrogen", 0, 1e4, True),
        Variable("water_temperature", "degC", _I, 1, "水温", "water temperature", -10, 110),
        Variable("soil_moisture", "%", _I, 1, "土壤墒情", "soil moisture", 0, 110, True),
        Variable("piezometric_stage", "m", _I, 2, "测压管水位", "piezometric stage", -500, 9000),
        Variable("seepage", "L/s", _I, 2, "渗流量", "seepage", 0, 1e5),
        Variable("evaporation", "mm", _D, 1, "蒸发量", "evaporation", 0, 500),
        Variable("battery", "V", _I, 2, "电压", "battery", 0, 1000, True),
        Variable("signal", "dBm", _I, 0, "信号", "signal", -200, 100, True),
    )
}
HOUSEKEEPING = frozenset({"battery", "signal"})  # what the equipment says of itself
