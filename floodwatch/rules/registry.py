"""From the configuration to compiled rules: each rule type registers its builder here."""

from collections.abc import Callable, Iterable, Mapping, Sequence

from floodwatch.model.alert import DISTRICT
from floodwatch.model.district import District
from floodwatch.model.reading import SeriesKey
from floodwatch.model.station import Station, StationKind
from floodwatch.model.threshold import Threshold
from floodwatch.rules import (
    composite,
    district_rain,
    drought,
    dry_days,
    eta,
    feed,
    gate,
    inspection,
    level,
    meter,
    offline,
    permit,
    pump,
    rain_capacity,
    rainfall,
    rate,
    rise_flat,
    rise_silent,
    seepage,
    stale,
    storage_low,
    stuck,
    supply_days,
)
from floodwatch.rules.context import Rule

Builder = Callable[[District, Station, Sequence[Threshold]], Iterable[Rule]]

# Rule type -> what builds its rules for one station from the station's thresholds.
BUILDERS: dict[str, Builder] = {
    level.TYPE: level.build,
    rainfall.TYPE: rainfall.build,
    rate.TYPE: rate.build,
    rise_silent.TYPE: rise_silent.build,
    rise_flat.TYPE: rise_flat.build,
    offline.TYPE: offline.build,
    stale.TYPE: stale.build,
    stuck.TYPE: stuck.build,
    composite.TYPE: composite.build,
    drought.TYPE: drought.build,
    storage_low.TYPE: storage_low.build,
    supply_days.TYPE: supply_days.build,
    inspection.TYPE: inspection.build,
    permit.TYPE: permit.build,
    meter.TYPE: meter.build,
    pump.TYPE: pump.build,
    gate.TYPE: gate.build,
    eta.TYPE: eta.build,
    rain_capacity.TYPE: rain_capacity.build,
    seepage.TYPE: seepage.build,
}

# Rule type -> what builds its rules for the district as a whole, which stands there as a station.
WHOLE: dict[str, Builder] = {
    district_rain.TYPE: district_rain.build,
    feed.TYPE: feed.build,
    dry_days.TYPE: dry_days.build,
}

# Rule type -> the parameters that [[rule]] may set for it, each with a word of explanation.
PARAMETERS: dict[str, Mapping[str, str]] = {
    level.TYPE: level.PARAMETERS,
    rainfall.TYPE: rainfall.PARAMETERS,
    rate.TYPE: rate.PARAMETERS,
    stale.TYPE: stale.PARAMETERS,
    rise_silent.TYPE: rise_silent.PARAMETERS,
    rise_flat.TYPE: rise_flat.PARAMETERS,
    stuck.TYPE: stuck.PARAMETERS,
    offline.TYPE: offline.PARAMETERS,
    feed.TYPE: feed.PARAMETERS,
    composite.TYPE: composite.PARAMETERS,
    drought.TYPE: {},
    dry_days.TYPE: dry_days.PARAMETERS,
    storage_low.TYPE: storage_low.PARAMETERS,
    supply_days.TYPE: supply_days.PARAMETERS,
    inspection.TYPE: inspection.PARAMETERS,
    permit.TYPE: permit.PARAMETERS,
    meter.TYPE: meter.PARAMETERS,
    pump.TYPE: pump.PARAMETERS,
    gate.TYPE: gate.PARAMETERS,
    eta.TYPE: eta.PARAMETERS,
    rain_capacity.TYPE: rain_capacity.PARAMETERS,
    seepage.TYPE: seepage.PARAMETERS,
    district_rain.TYPE: district_rain.PARAMETERS,
}


A_BREATH = 240  # builders


def compile_rules(
    district: District,
    *,
    failed: Callable[[Station, str, Exception], None] | None = None,
    breathe: Callable[[], object] = lambda: None,
) -> tuple[Rule, ...]:
    """Every rule of the district; none for stations that are switched off.

    With `failed`, which is told of them, rules that cannot be built are left out. `breathe` is
    called every few milliseconds.
    """
    thresholds: dict[str, list[Threshold]] = {}
    for threshold in district.thresholds:
        thresholds.setdefault(threshold.station, []).append(threshold)
    rules: list[Rule] = []
    places = [(s, name, b) for s in district.stations.values() for name, b in BUILDERS.items()]
    places += [(whole(district), name, build) for name, build in WHOLE.items()]
    for number, (station, name, build) in enumerate(places):
        if number % A_BREATH == 0:
            breathe()
        if station.enabled:
            try:
                rules += build(district, station, thresholds.get(station.code, ()))
            except Exception as error:
                if failed is None:
                    raise
                failed(station, name, error)
    return tuple(rules)


def whole(district: District) -> Station:
    """The district in place of a station, for rules that belong to none."""
    return Station(DISTRICT, district.name, StationKind.RAIN, ())


def index(rules: Iterable[Rule]) -> dict[SeriesKey, list[Rule]]:
    """The rules that must be judged again when a reading of a series arrives."""
    found: dict[SeriesKey, list[Rule]] = {}
    for rule in rules:
        for need in rule.needs:
            if not need.wakes:
                continue
            found.setdefault(need.key, []).append(rule)
    return found
