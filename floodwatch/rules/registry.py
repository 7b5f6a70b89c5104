"""From the configuration to compiled rules: each rule type registers its builder here."""

from collections.abc import Callable, Iterable, Mapping, Sequence

from floodwatch.model.district import District
from floodwatch.model.reading import SeriesKey
from floodwatch.model.station import Station
from floodwatch.model.threshold import Threshold
from floodwatch.rules import level, rainfall, rate, stale
from floodwatch.rules.context import Rule

Builder = Callable[[District, Station, Sequence[Threshold]], Iterable[Rule]]

# Rule type -> what builds its rules for one station from the station's thresholds.
BUILDERS: dict[str, Builder] = {
    level.TYPE: level.build,
    rainfall.TYPE: rainfall.build,
    rate.TYPE: rate.build,
    stale.TYPE: stale.build,
}

# Rule type -> the parameters that [[rule]] may set for it, each with a word of explanation.
PARAMETERS: dict[str, Mapping[str, str]] = {
    level.TYPE: {},
    rainfall.TYPE: rainfall.PARAMETERS,
    rate.TYPE: rate.PARAMETERS,
    stale.TYPE: stale.PARAMETERS,
}


def compile_rules(district: District) -> tuple[Rule, ...]:
    """Every rule of the district; none for stations that are switched off."""
    thresholds: dict[str, list[Threshold]] = {}
    for threshold in district.thresholds:
        thresholds.setdefault(threshold.station, []).append(threshold)
    return tuple(
        rule
        for station in district.stations.values()
        if station.enabled
        for build in BUILDERS.values()
        for rule in build(district, station, thresholds.get(station.code, ()))
    )


def index(rules: Iterable[Rule]) -> dict[SeriesKey, list[Rule]]:
    """The rules that must be judged again when a reading of a series arrives."""
    found: dict[SeriesKey, list[Rule]] = {}
    for rule in rules:
        for need in rule.needs:
            found.setdefault(need.key, []).append(rule)
    return found
