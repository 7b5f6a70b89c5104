"""What a frame says: a message with its elements, and how a station is to be understood."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import tzinfo
from enum import StrEnum
from zoneinfo import ZoneInfo

from floodwatch.model.clock import MINUTE
from floodwatch.sources.sl651.frame import Fault

Value = float | str | tuple[float | None, ...] | None

HEARTBEAT, TEST, UNIFORM, TIMED, ADDITIONAL, HOURLY = 0x2F, 0x30, 0x31, 0x32, 0x33, 0x34
MANUAL, PICTURE, QUERY_NOW, QUERY_PERIOD, QUERY_MANUAL = 0x35, 0x36, 0x37, 0x38, 0x39
QUERY_ELEMENTS, PUMP_MOTORS, VERSION, STATUS, CLOCK_SET, CLOCK_READ = (
    0x3A,
    0x44,
    0x45,
    0x46,
    0x4A,
    0x51,
)
SLOT = 5 * MINUTE  # of the hourly groups F4 to FC


class HourLabels(StrEnum):
    """What the observation time before an hourly group (F4 to FC) is at this station."""

    AUTO = "auto"  # REPORT when it is within minutes of the send time, else FIRST
    FIRST = "first"  # the time of the first of the twelve slots (6.6.2.8 d)
    REPORT = "report"  # the time of the report: the slots are those of its clock hour


@dataclass(frozen=True, slots=True)
class Target:
    """The series an element becomes: `unit` as the device sends it, `period` in ms (rain)."""

    variable: str
    gauge: str = "1"
    unit: str | None = None
    period: int = 0


@dataclass(frozen=True, slots=True)
class Dialect:
    """How one station writes; every field is a setting of the station.

    `bases` are the base levels in m by number of the relative level (DRZ1 to DRZ8, 28H to 2FH of
    the station's own configuration); without one, a relative level becomes no series.
    `zero_is_missing`: a level of exactly zero means "no value". `sentinels` are further values
    that mean it, such as 9999.999. `targets` says what elements become, by id ("39", "FF11") or
    ASCII identifier ("Z"), before the table of the standard does. `hunan`: FF11 to FF18 are the
    piezometers, seepage and displacements of that province's rules.
    """

    zone: tzinfo = field(default_factory=lambda: ZoneInfo("Asia/Shanghai"))
    hour_labels: HourLabels = HourLabels.AUTO
    bases: Mapping[int, float] = field(default_factory=dict)
    zero_is_missing: bool = False
    hunan: bool = False
    sentinels: frozenset[float] = frozenset()
    targets: Mapping[str, Target] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong within a good frame; what could be read of it stands."""

    fault: Fault
    text: str


@dataclass(frozen=True, slots=True)
class Element:
    """One element of a message.

    `id` as sent: lead byte in hex ("39", "FF11", "F4") or the ASCII identifier ("Z"). `value`: a
    number in `unit`; None: the device said "no value", or it cannot be read (then a problem says
    so); a tuple for groups, whose first slot is at `time` and the others `step` ms after each
    other; a text for F2 and the step code 04. `time` is ms UTC of the observation, None where the
    message gives none. `variable`, `gauge` and `period` (ms) name the series it becomes; variable
    None: it is kept with the frame only. `text` is what it means in words, where that helps;
    `raw` the bytes of the value (the whole picture for F3).
    """

    id: str
    station: str
    time: int | None
    value: Value
    unit: str = ""
    variable: str | None = None
    gauge: str = "1"
    period: int = 0
    step: int = 0
    text: str = ""
    raw: bytes = b""

    def slots(self) -> Iterator[tuple[int, float | None]]:
        """(time in ms UTC, value) of each number in it; none for texts and without times."""
        if self.time is None or isinstance(self.value, str):
            return
        if not isinstance(self.value, tuple):
            yield self.time, self.value
            return
        if not self.step and len(self.value) > 1:
            return
        for number, value in enumerate(self.value):
            yield self.time + number * self.step, value


@dataclass(frozen=True, slots=True)
class Message:
    """What a frame says, as far as it could be read.

    `station` is the address of the header; elements have their own (several stations may report
    in one message). `serial` and `sent` (ms UTC) are None in all packets of a message but the
    first, and when they cannot be read. `parameters` are those of functions 40 to 43 and 49.
    `rest` are bytes of the body nothing is known of (functions E0 to FF, 50 and so on).
    """

    function: int
    station: str
    serial: int | None
    sent: int | None
    station_class: str = ""
    elements: tuple[Element, ...] = ()
    parameters: tuple[Element, ...] = ()
    problems: tuple[Problem, ...] = ()
    rest: bytes = b""
