"""The demonstration put together: the year, the storm, and the feed and history made of them."""

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from floodwatch.model.clock import HOUR
from floodwatch.model.reading import RawReading, SeriesKey
from floodwatch.sources.simulator import dams, faults, meters, plants, reports, storm, weather, year
from floodwatch.sources.simulator.faults import Sent
from floodwatch.sources.simulator.feed import Feed
from floodwatch.sources.simulator.rain import PER_HOUR, STEPS, tips
from floodwatch.sources.simulator.stations import RAIN_GAUGES, RESERVOIRS
from floodwatch.sources.simulator.storm import T0

Floats = NDArray[np.float64]


class Demonstration:
    """Computes each part when it is first asked for; always the same."""

    @cached_property
    def year(self) -> year.Year:
        """The true year before."""
        return year.run()

    @cached_property
    def storm(self) -> storm.Storm:
        """The true storm."""
        return storm.run()

    @cached_property
    def hours(self) -> NDArray[np.int64]:
        """Every whole hour from the beginning of the history to the end of the storm."""
        hours = weather.HOURS + STEPS // PER_HOUR
        return np.asarray(weather.START + HOUR * np.arange(1, hours + 1, dtype=np.int64))

    @cached_property
    def rain_totals(self) -> dict[str, float]:
        """What the rain counters stand at when the storm begins, mm, by R1…R6."""
        return {name: float(tips(fallen)[-1]) for name, fallen in self.year.rain.items()}

    @cached_property
    def slow(self) -> dict[SeriesKey, Floats]:
        """Meters, plants and dams at each of `hours`: they report hourly, storm or not."""
        rain = np.mean([self._hourly_rain(gauge.short) for gauge in RAIN_GAUGES], axis=0)
        stages = {
            r.code: np.concatenate(
                [self.year.stages[r.code], self.storm.reservoirs[r.code].stage[PER_HOUR::PER_HOUR]]
            )
            for r in RESERVOIRS
        }
        daily = weather.daily_rain() | storm.WET_DAYS
        dials = meters.counters(self.hours, daily)
        found = {SeriesKey(code, "1", "meter_volume"): dial for code, dial in dials.items()}
        for (code, variable), values in plants.readings(self.hours, rain).items():
            found[SeriesKey(code, "1", variable)] = values
        for (code, gauge, variable), values in dams.readings(stages).items():
            found[SeriesKey(code, gauge, variable)] = values
        return found

    @cached_property
    def feed(self) -> Feed:
        """What arrives during the storm, faults and all."""
        sent = [*reports.storm_reports(self.storm, rain_totals=self.rain_totals), *self._slow()]
        return Feed(faults.spoil(sent))

    def _hourly_rain(self, gauge: str) -> Floats:
        during = self.storm.rain[gauge].reshape(-1, PER_HOUR).sum(axis=1)
        return np.concatenate([self.year.rain[gauge], during])

    def _slow(self) -> list[Sent]:
        later = self.hours > T0
        times = self.hours[later].tolist()
        return [
            Sent(time, RawReading(key.station, key.variable, time, value, gauge=key.gauge))
            for key, values in self.slow.items()
            for time, value in zip(times, values[later].tolist(), strict=True)
        ]
