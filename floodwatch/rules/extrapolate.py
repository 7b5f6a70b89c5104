"""How grave it is that nobody knows where the water stands: the level it would have by now. Pure.

PRACTICE 20: the band of the extrapolated level, at least III; I only if the extrapolation reaches
the design or check flood within an hour, or the level's own alert was II already.
"""

from typing import NamedTuple

from floodwatch.model.alert import Phase, RuleKey
from floodwatch.model.clock import HOUR
from floodwatch.model.reading import SeriesKey
from floodwatch.model.severity import Severity
from floodwatch.model.station import Station
from floodwatch.model.variable import VARIABLES
from floodwatch.rules.bands import DIGITS, Bands
from floodwatch.rules.context import Context
from floodwatch.rules.words import amount

HORIZON = 3 * HOUR  # no water goes on rising at one rate for longer
DESIGN = frozenset({"design_flood", "check_flood"})


class Guess(NamedTuple):
    """Where the water would stand now, and how grave that is."""

    value: float
    severity: Severity


def extrapolate(
    bands: Bands, context: Context, *, level: RuleKey, value: float, time: int, per_hour: float
) -> Guess:
    """From the last good value at `time`, rising `per_hour`, to `context.now`."""
    elapsed = min(max(0, context.now - time), HORIZON)
    now = round(value + per_hour * elapsed / HOUR, DIGITS)
    soon = round(value + per_hour * min(elapsed + HOUR, HORIZON) / HOUR, DIGITS)
    standing = bands.at(context.now).bands
    worst = max((b.severity for b in standing if b.open(now)), default=Severity.III)
    design = any(b.open(soon) for b in standing if b.name in DESIGN)
    if design or worst is Severity.I or _was_grave(context, level):
        return Guess(now, Severity.I)
    return Guess(now, max(worst, Severity.III))


def _was_grave(context: Context, level: RuleKey) -> bool:
    state = context.states.get(level)
    return (
        state is not None and state.phase is Phase.FIRING and (state.severity or 0) >= Severity.II
    )


def figure(variable: str, value: float, language: str) -> str:
    """A value with its unit as people say it."""
    number, unit = amount(variable, round(value, 2))
    if language == "zh":
        return number + {"m": "米", "cm": "厘米"}.get(unit, unit)
    return f"{number} {unit}"


def standing(station: Station, series: SeriesKey) -> float | None:
    """The crest over which the water of this gauge would run; None when none is known."""
    return station.crest if series.variable == "stage" and series.gauge == "1" else None


def by_now(variable: str, value: float, crest: float | None, language: str) -> str:
    """Where the water would be by now. Above the crest it spreads: no figure is true there."""
    zh = language == "zh"
    if crest is not None and value > crest:
        return "外推已超坝顶" if zh else "over the crest by now"
    said = figure(variable, value, language)
    return f"外推现{said}" if zh else f"about {said} now"


def called(variable: str, language: str) -> str:
    """What the variable is called."""
    known = VARIABLES.get(variable)
    if known is None:
        return variable
    return known.zh if language == "zh" else known.en
