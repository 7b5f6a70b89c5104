"""What the names of columns say: known variables, units in brackets, time and station columns."""

import re
from typing import NamedTuple

from floodwatch.model.unit import UNITS
from floodwatch.model.variable import VARIABLES

_UNIT_WORDS = {
    "m": ("m", "米", "公尺", "meter", "metre", "meters", "metres", "m.a.s.l.", "mtr"),
    "cm": ("cm", "厘米", "公分"),
    "mm": ("mm", "毫米", "mm/day", "mm/d", "mm/h"),
    "ft": ("ft", "feet", "foot", "英尺"),
    "in": ("in", "inch", "inches", "英寸"),
    "m3": ("m3", "m³", "m^3", "立方米", "立方公尺", "方"),
    "wan_m3": (
        "万m3",
        "万m³",
        "萬m3",
        "万立方米",
        "萬立方公尺",
        "万方",
        "10^4m3",
        "10⁴m³",
        "104m3",
    ),
    "million_m3": ("million m3", "106m3", "10^6m3", "10⁶m³", "mcm", "百万立方米", "百萬立方公尺"),
    "acre_ft": ("acre-ft", "acre-feet", "ac-ft", "af", "acft"),
    "m3/s": ("m3/s", "m³/s", "m^3/s", "cms", "cumecs", "立方米/秒", "立方公尺/秒", "秒立方米"),
    "L/s": ("l/s", "升/秒", "l/sec", "litres/second", "liters/second"),
    "m3/h": ("m3/h", "m³/h", "立方米/时", "立方米/小时"),
    "cfs": ("cfs", "ft3/s", "ft³/s"),
    "degC": ("degc", "°c", "℃", "摄氏度", "c", "*c", "º c", "ºc", "\ufffdc", "celsius"),
    "degF": ("degf", "f", "°f", "℉", "*f", "ºf", "\ufffdf", "fahrenheit"),
    "%": ("%", "percent", "%sat"),
    "V": ("v", "volt", "volts", "伏"),
    "kPa": ("kpa", "千帕", "kilopascal", "kilopascals"),
    "m_H2O": ("mh2o", "mws", "mwc", "mwk", "m_h2o", "mwater"),
    "cm_H2O": ("cmh2o", "cmws", "cmwc", "cmwk", "cm_h2o"),
    "mm_H2O": ("mmh2o", "mmws"),
    "ft_H2O": ("fth2o",),
    "in_H2O": ("inh2o",),
    "psi": ("psi", "psia", "psig", "lbs/sqin"),
    "NTU": ("ntu",),
    "mg/L": ("mg/l", "毫克/升"),
}
_WORDS = {word: unit for unit, words in _UNIT_WORDS.items() for word in words}
_WORDS |= {unit.lower(): unit for unit in UNITS}
_SUFFIXES = ("mm", "cm", "m", "ft", "m3", "cfs", "kpa", "ntu")
_BRACKETS = re.compile(r"(?P<name>.*?)\s*[(（\[【](?P<unit>[^)）\]】]*)[)）\]】]\s*")

_VARIABLE_WORDS = {
    "stage": "水位 库水位 坝上水位 闸上水位 河道水位 waterlevel level z",
    "tail_stage": "闸下水位 坝下水位 下游水位",
    "rainfall": "雨量 降雨量 降水量 时段雨量 时段降水量 集水区降雨量 集水區降雨量 rain drp"
    " precipitation precip catchmentarearainfall",
    "rainfall_total": "累计雨量 累计降雨量 totalrainfall",
    "storage": "蓄水量 有效蓄水量 库容 库蓄水量 effectivewaterstoragecapacity",
    "inflow": "入库流量 进库流量 入庫流量 inq",
    "outflow": "出库流量 下泄流量 出庫流量 otq",
    "flow": "流量 discharge q",
    "ponding_depth": "积水深度 积水 積水深度 waterdepth",
    "water_temperature": "watertemp",
    "battery": "电池电压 battv batteryvoltage",
}
_ROLE_WORDS = {
    "station": "station stationid stationcode stationname site siteid stcd stnm 站码 测站 测站编码"
    " 测站名称 站名 站号 站点 站点名称 水库名称 水庫名稱 水库 名称 reservoir reservoirname"
    " deploymentid",
    "variable": "variable parameter element 变量 要素 监测要素 项目",
    "gauge": "gauge gaugeid 仪器 测点",
    "unit": "unit units 单位",
    "period": "period 时段 时段长",
    "time": "time datetime timestamp tm 时间 时刻 日期时间 观测时间 监测时间 数据时间 日期"
    " recordtime date dates timeutc dt",
    "value": "value val 值 数值 观测值 监测值 测值",
}
_ROLES = {word: role for role, words in _ROLE_WORDS.items() for word in words.split()}


class Header(NamedTuple):
    """A column's name without its unit; `unit` empty: none said. `unknown`: a bracket not known."""

    name: str
    unit: str = ""
    unknown: str = ""


def header(text: str) -> Header:
    """Take WaterLevel(m), 水位（米）, dist_mm apart."""
    found = _BRACKETS.fullmatch(text.strip())
    if found:
        word = found["unit"].strip()
        unit = unit_of(word)
        return Header(found["name"].strip(), unit, "" if unit else word)
    name, _, suffix = text.strip().rpartition("_")
    if name and suffix.lower() in _SUFFIXES:
        return Header(name, _WORDS[suffix.lower()])
    return Header(text.strip())


def unit_of(word: str) -> str:
    """The unit a word stands for, or nothing."""
    if word in UNITS:
        return word
    return _WORDS.get(word.replace(" ", "").lower(), _WORDS.get(word.lower(), ""))


def variable_of(name: str) -> str:
    """The variable a column of this name (without unit) holds, or nothing."""
    return _VARIABLES.get(_plain(name), "")


def role_of(name: str) -> str:
    """station, variable, gauge, unit, period, time or value, if the column is called so."""
    return _ROLES.get(_plain(header(name).name), "")


def _plain(name: str) -> str:
    return re.sub(r"[\s_\-]", "", name).lower()


_VARIABLES = {
    word: variable
    for variable, known in VARIABLES.items()
    for word in (_plain(variable), _plain(known.zh), _plain(known.en))
} | {word: variable for variable, words in _VARIABLE_WORDS.items() for word in words.split()}
