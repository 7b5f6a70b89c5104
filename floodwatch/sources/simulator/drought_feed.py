"""What the devices send through the drought, the weeks between storm and drought, and its events.

Everything is hourly and without noise: a level that falls by a centimetre a day is to cross its
limits on the day it should. Rain falls in four afternoon hours.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from floodwatch.hydrology.series import Series
from floodwatch.model.clock import DAY, HOUR
from floodwatch.model.quality import GOOD
from floodwatch.model.reading import RawReading, SeriesKey
from floodwatch.sources.simulator import dams, drought, meters, plants, storm, weather
from floodwatch.sources.simulator.drought import BACKUP_FROM, BEGIN, DAYS, FIRST_DAY, RAIN_MM
from floodwatch.sources.simulator.faults import Sent
from floodwatch.sources.simulator.feed import Feed
from floodwatch.sources.simulator.reports import battery
from floodwatch.sources.simulator.stations import (
    GATE,
    LAKE,
    POINTS,
    PUMP_1,
    PUMP_2,
    PUMP_3,
    RAIN_GAUGES,
    RESERVOIRS,
    RIVER,
    SUMP_START,
)
from floodwatch.sources.simulator.storm import STEP, T0

Floats = NDArray[np.float64]
Times = NDArray[np.int64]

END = BEGIN + DAYS * DAY
BETWEEN = (BEGIN - T0) // HOUR  # whole hours from the storm's beginning to the drought's
# Rain of the weeks before, by the hydrological day in which it falls; the last one is effective.
RAIN_BEFORE_MM = {date(2026, 6, 27): 18.0, date(2026, 7, 8): 9.0, FIRST_DAY: 12.0}
SHOWER_HOURS = (6, 7, 8, 9)  # of a hydrological day: 14:00 to 18:00
TIP_MM = 0.5
LAKE_M, LAKE_FALL_M = 26.20, 0.003  # at the drought's beginning, and a day

PLANT, TOWN_PLANT, BACKUP_PUMP = "61990092", "61990094", "61990096"
BACKUP_M3S = 260 / 86_400


class Event(NamedTuple):
    """Values that a plant reports in the hours from `first` to `last` (included), by local time."""

    station: str
    variable: str
    first: tuple[int, int]  # day of the drought, hour
    last: tuple[int, int]
    value: float


EVENTS = (
    Event(PLANT, "residual_chlorine", (47, 2), (47, 5), 0.12),
    Event(TOWN_PLANT, "pressure", (62, 19), (62, 21), 110.0),
    Event(PLANT, "turbidity", (66, 8), (68, 20), 1.6),
    Event(PLANT, "turbidity", (72, 6), (72, 11), 3.4),
)


class Entry(NamedTuple):
    """What somebody enters in the register of backup sources."""

    at: int  # ms UTC
    station: str
    state: str
    who: str
    note: str


def moment(day: int, hour: int) -> int:
    """ms UTC of an hour of a calendar day; day 1 is the first."""
    return BEGIN + (day - 1) * DAY + (hour - 8) * HOUR


ENTRIES = (
    Entry(moment(1, 9), "61990095", "ready", "示范农饮股", "应急井月度试机"),
    Entry(moment(57, 10), BACKUP_PUMP, "ready", "示范农饮股", "外河应急泵试机，可用"),
    Entry(moment(BACKUP_FROM, 8), BACKUP_PUMP, "running", "示范农饮股", "外河应急泵供水260m³/d"),
)


def hourly(stations: str) -> str:
    """stations.toml for the drought: what reports every 5 minutes in a storm reports hourly."""
    return stations.replace('timed = "5min"', 'timed = "1h"')


class Drought:
    """Computed when first asked for; always the same."""

    @cached_property
    def hours(self) -> Times:
        """Every whole hour after the storm's beginning, up to the drought's end."""
        count = BETWEEN + DAYS * 24
        return np.asarray(T0 + HOUR * np.arange(1, count + 1, dtype=np.int64))

    @cached_property
    def days(self) -> Floats:
        """The same in days of the drought: 0 is its beginning."""
        return np.asarray((self.hours - BEGIN) / DAY)

    @cached_property
    def values(self) -> dict[SeriesKey, Floats]:
        """Every series but rain, at each of `hours`."""
        stages = self._stages()
        found = {(code, "stage"): stage for code, stage in stages.items()}
        found |= self._town()
        for reservoir in RESERVOIRS:
            found[reservoir.code, "battery"] = np.array([battery(t) for t in self.hours.tolist()])
        known = {SeriesKey(code, "1", variable): v for (code, variable), v in found.items()}
        inside = {SeriesKey(*place): column for place, column in dams.readings(stages).items()}
        return known | inside | self._supply()

    @property
    def past(self) -> Iterator[tuple[SeriesKey, Series]]:
        """The weeks from the storm's beginning to the drought's."""
        before = self.hours <= BEGIN
        for key, values in self.values.items():
            yield key, _series(self.hours[before], values[before])
        times, fallen = self._rain()
        early = times <= BEGIN
        for key, mm in self._gauges(fallen).items():
            yield key, _series(times[early], mm[early])

    @cached_property
    def feed(self) -> Feed:
        """What arrives during the drought."""
        after = self.hours > BEGIN
        times = self.hours[after].tolist()
        columns = {key: values[after].tolist() for key, values in self.values.items()}
        rain_times, fallen = self._rain()
        late = rain_times > BEGIN
        columns |= {key: mm[late].tolist() for key, mm in self._gauges(fallen).items()}
        return Feed(
            Sent(
                time, RawReading(k.station, k.variable, time, value, gauge=k.gauge, period=k.period)
            )
            if k.period
            else Sent(time, RawReading(k.station, k.variable, time, value, gauge=k.gauge))
            for k, values in columns.items()
            for time, value in zip(times, values, strict=True)
        )

    def _stages(self) -> dict[str, Floats]:
        """Reservoirs: from the storm's stage to the drought's in a line, then by its balance."""
        found = {}
        for reservoir in RESERVOIRS:
            balance = drought.run(reservoir)
            begin = (T0 - BEGIN) / DAY
            volumes = (reservoir.curve.storage_m3(reservoir.start), *balance.storage)
            volume = np.interp(self.days, (begin, *range(DAYS + 1)), volumes)
            stages = [reservoir.curve.stage_m(each) for each in volume.tolist()]
            found[reservoir.code] = np.round(np.array(stages), 2)
        return found

    def _town(self) -> dict[tuple[str, str], Floats]:
        lake = (LAKE_M - LAKE_FALL_M * np.maximum(self.days, 0.0)).round(2).astype(np.float64)
        falling = [drought.outer_river(max(day, 0.0)) for day in self.days.tolist()]
        before = np.interp(self.days, ((T0 - BEGIN) / DAY, 0), (26.06, 24.4))
        outer = np.where(self.days < 0, before, falling).round(2).astype(np.float64)
        still: Floats = np.zeros(len(self.hours))
        sump: Floats = still + SUMP_START
        found: dict[tuple[str, str], Floats] = {}
        found |= {(LAKE, "stage"): lake, (RIVER, "stage"): outer, (PUMP_3, "stage"): sump}
        found |= {(PUMP_3, "tail_stage"): lake, (GATE, "gate_opening"): still}
        for code in (GATE, PUMP_1, PUMP_2):
            found |= {(code, "stage"): lake, (code, "tail_stage"): outer}
        for code in (GATE, PUMP_1, PUMP_2, PUMP_3):
            found[code, "flow"] = still
        for code in (PUMP_1, PUMP_2, PUMP_3):
            found[code, "pumps_running"] = still
        return found | {(point.code, "ponding_depth"): still for point in POINTS}

    def _supply(self) -> dict[SeriesKey, Floats]:
        """Meters and plants, the events of the drought written into them."""
        count = (END - weather.START) // HOUR
        whole = weather.START + HOUR * np.arange(1, count + 1, dtype=np.int64)
        mine = slice(len(whole) - len(self.hours), None)
        daily = weather.daily_rain() | storm.WET_DAYS | self.daily_rain
        found = {
            SeriesKey(code, "1", "meter_volume"): dial[mine]
            for code, dial in meters.counters(whole, daily).items()
        }
        none = np.zeros(len(self.hours))
        for (code, variable), column in plants.readings(self.hours, none).items():
            found[SeriesKey(code, "1", variable)] = column
        running = self.hours > moment(BACKUP_FROM, 8)
        flow = SeriesKey(BACKUP_PUMP, "1", "flow")
        found[flow] = np.where(running, round(BACKUP_M3S, 4), 0.0)
        for event in EVENTS:
            during = (self.hours >= moment(*event.first)) & (self.hours <= moment(*event.last))
            found[SeriesKey(event.station, "1", event.variable)][during] = event.value
        return found

    @cached_property
    def daily_rain(self) -> dict[date, float]:
        """Rain by the date on which its hydrological day ends; days of the drought end a day on."""
        return RAIN_BEFORE_MM | {FIRST_DAY + timedelta(days=d): mm for d, mm in RAIN_MM.items()}

    def _rain(self) -> tuple[Times, Floats]:
        """Rain of each hour, mm in whole tips."""
        fallen = np.zeros(len(self.hours))
        for day, mm in self.daily_rain.items():
            start = BEGIN + (day - FIRST_DAY - timedelta(days=1)).days * DAY
            tips = round(mm / TIP_MM)
            for place, hour in enumerate(SHOWER_HOURS):
                share = tips * (place + 1) // len(SHOWER_HOURS) - tips * place // len(SHOWER_HOURS)
                fallen[(start + (hour + 1) * HOUR - T0) // HOUR - 1] += share * TIP_MM
        return self.hours, fallen

    def _gauges(self, fallen: Floats) -> dict[SeriesKey, Floats]:
        return {SeriesKey(gauge.code, "1", "rainfall", STEP): fallen for gauge in RAIN_GAUGES}


def _series(times: Times, values: Floats) -> Series:
    return Series(times, values, np.full(len(times), GOOD, np.int16))
