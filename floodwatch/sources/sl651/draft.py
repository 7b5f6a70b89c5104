"""The message while its body is read: whose values come next, of when, and what they become."""

from dataclasses import dataclass, field, replace
from datetime import datetime

from floodwatch.model.clock import HOUR, MINUTE
from floodwatch.sources.sl651.elements import (
    CLEAR_MEANINGS,
    DEVICE,
    DEVICE_FLOW,
    DRY_WELL,
    DURATION,
    GATE_HEIGHT,
    GATE_STATES,
    STATUS_BITS,
    STATUS_MEANINGS,
    WELL_DEPTH,
    Kind,
)
from floodwatch.sources.sl651.frame import Fault
from floodwatch.sources.sl651.message import (
    SLOT,
    Dialect,
    Element,
    HourLabels,
    Message,
    Problem,
    Target,
    Value,
)

_ONE_TIME = 5 * MINUTE  # a report is labelled with its own time when that is so near its sending
_GATES, _INTAKES = "ZD", "IO"


@dataclass(slots=True)
class Draft:
    """What has been read so far; `station` and `observed` are those of the values that follow."""

    function: int
    home: str  # the station in the header
    dialect: Dialect
    serial: int | None = None
    sent: int | None = None
    station: str = ""
    station_class: str = ""
    first_class: str = ""
    observed: int | None = None
    minute: int = 0  # of the hour, of `observed`
    device: str = ""  # number of the gate or outlet the next values are of (0AH)
    step: int | None = None  # ms between the values of a uniform group (04H)
    points: dict[str, list[str]] = field(default_factory=dict)  # numbers of points (Hunan)
    elements: list[Element] = field(default_factory=list)
    parameters: list[Element] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    rest: bytes = b""

    def message(self) -> Message:
        """All that was read."""
        return Message(
            self.function,
            self.home,
            self.serial,
            self.sent,
            self.first_class,
            tuple(self.elements),
            tuple(self.parameters),
            tuple(self.problems),
            self.rest,
        )

    def problem(self, fault: Fault, text: str) -> None:
        """Note what is wrong; reading goes on."""
        self.problems.append(Problem(fault, text))

    def report_of(self, station: str, station_class: str) -> None:
        """A station group (F1, ST): what follows is of that station."""
        self.station, self.station_class = station, station_class
        self.first_class = self.first_class or station_class
        self.observed, self.device, self.step = None, "", None

    def observed_at(self, digits: str) -> None:
        """An observation time (F0, TT): what follows is of that time."""
        self.observed = self.moment(digits, "observation time")
        self.minute = int(digits[8:10]) if self.observed is not None else 0
        self.device, self.step = "", None

    def moment(self, digits: str, what: str) -> int | None:
        """ms UTC of local YYMMDDHHmm[SS]; 24:00 is the end of its day. None for no such time."""
        try:
            pairs = [int(digits[at : at + 2]) for at in range(0, len(digits), 2)]
            year, month, day, hour, minute = pairs[:5]
            second = pairs[5] if len(pairs) > 5 else 0
            late = hour == 24 and minute == 0
            hour = 0 if late else hour
            zone = self.dialect.zone
            local = datetime(2000 + year, month, day, hour, minute, second, tzinfo=zone)
        except ValueError:
            self.problem(Fault.TIME, f"{what} {digits} does not exist")
            return None
        return int(local.timestamp()) * 1000 + (24 * HOUR if late else 0)

    def time(self) -> int | None:
        """When the next value was observed: the send time when the message does not say it."""
        return self.sent if self.observed is None else self.observed

    def add(self, name: str, kind: Kind | None, value: Value, raw: bytes) -> None:
        """Keep one value of an element, as the series it becomes."""
        target = self._target(name, kind)
        text = ""
        if kind is not None and isinstance(value, float):
            value, text = self._meaning(kind, value)
        if isinstance(value, float) and value in self.dialect.sentinels:
            value = None
        self.elements.append(
            Element(
                name,
                self.station or self.home,
                self.time(),
                value,
                target.unit or "",
                target.variable or None,
                target.gauge,
                target.period,
                0,
                text,
                raw,
            )
        )

    def add_series(self, name: str, kind: Kind | None, values: list[float | None]) -> None:
        """Keep the values of a uniform group (31H, 38H), `step` apart; the first is at F0."""
        target = self._target(name, kind)
        level = kind is not None and kind.level
        known = tuple(self._believed(value, level=level) for value in values)
        if not self.step and len(known) > 1:
            self.problem(Fault.TIME, f"element {name} has {len(known)} values and no time step")
        self.elements.append(
            Element(
                name,
                self.station or self.home,
                self.time(),
                known,
                target.unit or "",
                target.variable or None,
                target.gauge,
                target.period,
                self.step or 0,
            )
        )

    def add_rain_slots(self, name: str, values: list[float | None]) -> None:
        """Keep five-minute rain (F4, DRP): each value is of the slot that ends at its time."""
        chosen = self.dialect.targets.get(name)
        gauge = chosen.gauge if chosen else "1"
        self._add_slots(name, values, Target("rainfall", gauge, "mm", SLOT))

    def add_level_slots(self, name: str, number: int, values: list[float | None]) -> None:
        """Keep five-minute levels (F5 to FC, DRZ1 to DRZ8) in m above the base of `number`."""
        base = self.dialect.bases.get(number)
        chosen = self.dialect.targets.get(name)
        target = replace(chosen, unit="m") if chosen else self._level_target(number, base)
        known = [self._believed(value, level=True) for value in values]
        if base is not None:
            known = [None if value is None else round(base + value, 3) for value in known]
        self._add_slots(name, known, target)

    def _add_slots(self, name: str, values: list[float | None], target: Target) -> None:
        first, last = self._first_slot(), self.time()
        if self._by_report() and first is not None and last is not None:
            unfilled = range((last - first) // SLOT + 1, len(values))
            for number in unfilled:  # the rest of the hour is still to come
                values[number] = None
        self.elements.append(
            Element(
                name,
                self.station or self.home,
                first,
                tuple(values),
                target.unit or "",
                target.variable or None,
                target.gauge,
                target.period,
                SLOT,
            )
        )

    def _by_report(self) -> bool:
        labels = self.dialect.hour_labels
        if self.step is not None or self.observed is None or labels is HourLabels.FIRST:
            return False
        if labels is HourLabels.REPORT:
            return True
        return self.sent is not None and abs(self.sent - self.observed) < _ONE_TIME

    def _first_slot(self) -> int | None:
        if self.observed is None or not self._by_report():
            return self.time()
        into_hour = (self.minute - 1) % 60 + 1  # 1 to 60: the full hour ends the hour before it
        return self.observed - into_hour * MINUTE + SLOT

    def _level_target(self, number: int, base: float | None) -> Target:
        if base is None:
            return Target("", str(number), "m")
        if number == 2 and self.station_class in _GATES:
            return Target("tail_stage", "1", "m")
        gauge = f"Z{number}" if self.station_class in _INTAKES else str(number)
        return Target("stage", gauge, "m")

    def _target(self, name: str, kind: Kind | None) -> Target:
        chosen = self.dialect.targets
        if kind is None:
            return chosen.get(name) or _NOTHING
        target = (chosen.get(name) or chosen.get(kind.ident)) if chosen else None
        if target is not None:
            same = target.variable == kind.variable
            period = target.period or (kind.period if same else 0)
            return Target(target.variable, target.gauge, target.unit or kind.unit, period)
        gauge = kind.gauge
        if self.device and kind.lead in (GATE_HEIGHT, DEVICE_FLOW):
            gauge = self.device if kind.lead == GATE_HEIGHT else f"QZ{self.device}"
        return Target(kind.variable or "", gauge, kind.unit, kind.period)

    def _believed(self, value: float | None, *, level: bool) -> float | None:
        if value is None or value in self.dialect.sentinels:
            return None
        return None if level and value == 0 and self.dialect.zero_is_missing else value

    def _meaning(self, kind: Kind, value: float) -> tuple[float | None, str]:
        """The value to store and what it means, for elements that hold codes."""
        lead = kind.lead
        if lead == DEVICE:
            self.device = str(int(value))
        elif lead == GATE_HEIGHT and value in GATE_STATES:
            return 0.0 if GATE_STATES[int(value)] == "关闭" else None, GATE_STATES[int(value)]
        elif lead == WELL_DEPTH and value == DRY_WELL:
            return None, "干井"
        elif lead == STATUS_BITS:
            return value, status_text(int(value))
        elif lead == DURATION:
            return value, duration_text(value)
        elif value == 0 and kind.level and self.dialect.zero_is_missing:
            return None, "零值按缺测处理"
        return value, ""


_NOTHING = Target("", "1", None)


def status_text(bits: int) -> str:
    """The states that are worth a word, of element 45 (table 58)."""
    told = [text for bit, text in STATUS_MEANINGS.items() if bits >> bit & 1]
    told += [text for bit, text in CLEAR_MEANINGS.items() if not bits >> bit & 1]
    return "、".join(told)


def duration_text(value: float) -> str:
    """HH.mm in words: 2.15 is two hours and a quarter."""
    hours, minutes = divmod(round(value * 100), 100)
    return f"{hours}小时{minutes}分" if minutes else f"{hours}小时"
