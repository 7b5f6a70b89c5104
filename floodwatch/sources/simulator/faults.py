"""What goes wrong with the instruments during the storm. Each fault is one line here."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from floodwatch.model.clock import MINUTE
from floodwatch.model.reading import RawReading
from floodwatch.sources.simulator.storm import STEP, T0


class Sent(NamedTuple):
    """A reading and the moment it reaches us, ms UTC."""

    arrival: int
    reading: RawReading


# 石桥: the last report before the link breaks, and the moment it is back and sends what it kept.
SILENT_STATION, LAST_HEARD, BACK_AGAIN = "61990003", T0 + 101 * STEP, T0 + 186 * STEP
# R3 sends the frame of 04:00 a second time.
REPEATING_STATION, REPEATED, REPEATED_AFTER = "61990053", T0 + 96 * STEP, MINUTE // 2
# 新塘's clock runs ahead.
FAST_STATION, FAST_BY = "61990004", 4 * MINUTE
# 竹山: one echo from something above the water, at 22:15.
SPIKE_STATION, SPIKE_AT, SPIKE_M = "61990006", T0 + 27 * STEP, 2.40
# 机床厂 sends FF instead of a depth at 01:00.
NO_VALUE_STATION, NO_VALUE_AT = "61990018", T0 + 60 * STEP


def spoil(sent: Iterable[Sent]) -> Iterator[Sent]:
    """What arrives of what was sent: frames lost, kept back, repeated, misdated or without value.

    The silent station must offer a stage for every step of its silence; its stages come when it is
    back, anything else it would have sent is lost.
    """
    for arrival, reading in sent:
        if reading.station == SILENT_STATION and LAST_HEARD < reading.time <= BACK_AGAIN:
            if reading.variable == "stage" and reading.gauge == "1":
                yield Sent(BACK_AGAIN, reading)
            elif reading.variable != "battery":
                yield Sent(arrival, reading)
        elif reading.station == FAST_STATION and reading.variable in ("stage", "battery"):
            yield Sent(arrival, _at(reading, reading.time + FAST_BY))
        elif reading.station == NO_VALUE_STATION and reading.time == NO_VALUE_AT:
            yield Sent(arrival, _without_value(reading))
        else:
            yield Sent(arrival, reading)
            if reading.station == REPEATING_STATION and reading.time == REPEATED:
                yield Sent(arrival + REPEATED_AFTER, reading)


def _at(reading: RawReading, time: int) -> RawReading:
    return RawReading(
        reading.station,
        reading.variable,
        time,
        reading.value,
        gauge=reading.gauge,
        period=reading.period,
    )


def _without_value(reading: RawReading) -> RawReading:
    return RawReading(reading.station, reading.variable, reading.time, None, gauge=reading.gauge)
