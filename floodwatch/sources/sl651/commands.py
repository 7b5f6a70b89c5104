"""What stations answer to the centre's commands: settings, states, events (tables 50 to 86)."""

from floodwatch.sources.sl651.draft import Draft, status_text
from floodwatch.sources.sl651.elements import STATUS_BITS, USER
from floodwatch.sources.sl651.frame import Fault
from floodwatch.sources.sl651.message import STATUS, VERSION, Element
from floodwatch.sources.sl651.values import bcd_number

SETTINGS = frozenset((0x40, 0x41, 0x42, 0x43, 0x49))
_CARD, _PUMPS, _VALVES, _GATES, _QUOTA, _EVENTS = 0x4B, 0x4C, 0x4D, 0x4E, 0x4F, 0x50
_RANGES = 0x0E  # the one setting whose whole definition byte is its length (D.1, 14)
_RAW_SETTINGS = frozenset((0x01, 0x03, *range(0x04, 0x0C), 0x0D, _RANGES, 0x0F))
EVENTS = (
    *("历史数据初始化", "参数变更", "状态量变位", "传感器及仪表故障", "密码修改", "终端故障"),
    *("交流失电", "蓄电池电压低", "终端箱非法打开", "水泵故障", "剩余水量超限", "水位超限"),
    *("水压超限", "水质参数超限", "数据出错", "发报文", "收报文", "发报文出错"),
)


def read_answer(draft: Draft, data: bytes, at: int) -> None:
    """Read an answer from behind its station group; what nothing is known of becomes `rest`."""
    function, rest = draft.function, data[at:]
    if not rest:
        return
    if function in SETTINGS:
        read_settings(draft, rest)
    elif function == VERSION:
        text = rest[1 : 1 + rest[0]].decode("gb18030", "replace")
        station = draft.station or draft.home
        draft.parameters.append(Element("version", station, draft.sent, text, raw=rest[1:]))
    elif function in (STATUS, _CARD) and len(rest) >= 6 and rest[0] == STATUS_BITS:
        _status(draft, rest[2:6])
    elif function in (_PUMPS, _VALVES) and len(rest) > rest[0] > 0:
        _switches(draft, rest[1 : 1 + rest[0]], pumps=function == _PUMPS)
    elif function == _GATES:
        _gates(draft, rest)
    elif function == _EVENTS:
        _events(draft, rest)
    else:
        draft.rest = rest


def read_settings(draft: Draft, data: bytes) -> None:
    """Read settings: id, definition byte, value (tables D.1 and D.4)."""
    at = 0
    while at + 2 <= len(data):
        start, lead = at, data[at]
        name = f"{lead:02X}"
        if lead == USER:
            at, name = at + 1, f"FF{data[at + 1]:02X}"
        definition = data[at + 1] if at + 1 < len(data) else 0
        size = definition if lead == _RANGES else definition >> 3
        raw = data[at + 2 : at + 2 + size]
        if len(raw) < size:
            at = start
            break
        draft.parameters.append(_setting(draft, name, lead, raw, decimals=definition & 7))
        at += 2 + size
    if at < len(data):
        draft.rest = data[at:]
        draft.problem(Fault.BODY, f"the body stops within a setting at {data[at:].hex()[:16]}")


def _setting(draft: Draft, name: str, lead: int, raw: bytes, *, decimals: int) -> Element:
    value: float | str | None = raw.hex().upper()
    if lead not in _RAW_SETTINGS and lead != 0x02:
        try:
            value = bcd_number(raw, decimals)
        except ValueError:
            value = raw.hex().upper()
    return Element(name, draft.station or draft.home, draft.sent, value, raw=raw)


def _status(draft: Draft, raw: bytes) -> None:
    bits = int.from_bytes(raw)
    station = draft.station or draft.home
    draft.elements.append(
        Element("45", station, draft.sent, float(bits), text=status_text(bits), raw=raw)
    )


def _switches(draft: Draft, raw: bytes, *, pumps: bool) -> None:
    """Pumps or valves, one bit each from the lowest: set means running or open (tables 71, 74)."""
    running = int.from_bytes(raw, "little").bit_count()
    draft.elements.append(
        Element(
            f"{draft.function:02X}",
            draft.station or draft.home,
            draft.sent,
            float(running),
            "count",
            "pumps_running" if pumps else None,
            raw=raw,
        )
    )


def _gates(draft: Draft, rest: bytes) -> None:
    """Gates: their number, a bit each, and openings of two BCD bytes in cm (table 77)."""
    count = rest[0]
    first = 1 + (count + 7) // 8
    if len(rest) < first + 2 * count:
        draft.rest = rest
        draft.problem(Fault.BODY, f"{count} gates need {first + 2 * count} bytes, {len(rest)} came")
        return
    for number in range(count):
        raw = rest[first + 2 * number : first + 2 * number + 2]
        try:
            opening = bcd_number(raw, 0)
        except ValueError:
            opening = None
        draft.elements.append(
            Element(
                "4E",
                draft.station or draft.home,
                draft.sent,
                opening,
                "cm",
                "gate_opening",
                str(number + 1),
                raw=raw,
            )
        )


def _events(draft: Draft, rest: bytes) -> None:
    """How often what happened: two bytes for each kind of event (table 82)."""
    for number in range(min(len(rest) // 2, 32)):
        raw = rest[2 * number : 2 * number + 2]
        text = EVENTS[number] if number < len(EVENTS) else ""
        count = float(int.from_bytes(raw))
        station = draft.station or draft.home
        draft.parameters.append(
            Element(f"ERC{number + 1}", station, draft.sent, count, "count", text=text, raw=raw)
        )
