"""Which [[rule]] settings apply to a rule: the most specific wins."""

import re
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from math import isfinite
from typing import Any, NamedTuple

from floodwatch.model.alert import Holds, RuleKey
from floodwatch.model.district import RuleSetting
from floodwatch.model.errors import Refused
from floodwatch.model.severity import Severity
from floodwatch.model.station import Station
from floodwatch.rules.conditions import is_conditions


class Chosen(NamedTuple):
    """What the settings make of one rule."""

    enabled: bool
    holds: Holds
    parameters: Mapping[str, Any]


def choose(
    settings: Sequence[RuleSetting], station: Station, key: RuleKey, *, default: Holds
) -> Chosen:
    """Merge the settings that match, from the general to the specific, later ones last.

    A station outweighs a variable, a variable outweighs a kind.
    """
    enabled, up, down = True, default.up, default.down
    parameters: dict[str, Any] = {}
    fitting = [s for s in settings if _fits(s, station, key)]
    for setting in sorted(fitting, key=_weight):
        enabled = setting.enabled
        up = up if setting.hold_up is None else setting.hold_up
        down = down if setting.hold_down is None else setting.hold_down
        parameters.update(setting.parameters)
    return Chosen(enabled, Holds(up, down), parameters)


def _fits(setting: RuleSetting, station: Station, key: RuleKey) -> bool:
    return (
        setting.type == key.type
        and setting.station in ("", station.code)
        and setting.kind in ("", station.kind.value)
        and setting.variable in ("", key.variable)
    )


def _weight(setting: RuleSetting) -> int:
    return 4 * bool(setting.station) + 2 * bool(setting.variable) + bool(setting.kind)


def asked(settings: Sequence[RuleSetting], station: Station, key: RuleKey) -> bool:
    """Whether the configuration mentions such a rule at all: some are not there unasked."""
    return any(_fits(setting, station, key) for setting in settings)


def refusal(name: str, value: object) -> str:
    """What is wrong with the value of a parameter of [[rule]]; empty when nothing is."""
    if name == "severity":
        known = isinstance(value, str) and value in Severity.__members__
        return "" if known else f"{value!r} is not a severity: IV, III, II or I"
    if name in KINDS:
        fits, what = KINDS[name]
        return "" if fits(value) else f"{value!r} is not {what}"
    if isinstance(value, bool) or not isinstance(value, int | float):
        return f"{value!r} is not a number; write it without quotes"
    if name == "coverage" and not 0 <= value <= 1:
        return f"{value!r} is not a share between 0 and 1"
    if not isfinite(value):
        return f"{value!r} is not a finite number"
    if name in LEAST and value < LEAST[name]:
        return f"{value!r} is too small: {LEAST[name]:g} is the least"
    return f"{value!r} is below zero" if value < 0 and name not in HEIGHTS else ""


def is_number(value: object) -> bool:
    """Whether it is a finite number; true and false are none."""
    return isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)


def is_steps(value: object) -> bool:
    """Whether it is a list of numbers, none smaller than the one before."""
    listed = isinstance(value, list | tuple) and bool(value) and all(map(is_number, value))
    return listed and list(value) == sorted(value)  # type: ignore[call-overload]


def is_code(value: object) -> bool:
    """Whether it can be the code of a station."""
    return isinstance(value, str) and bool(value.strip())


def is_lines(value: object) -> bool:
    """Whether it is a table: gauge -> list of at least two [stage, value], stages rising."""
    return isinstance(value, Mapping) and bool(value) and all(map(_is_line, value.values()))


def _is_line(value: object) -> bool:
    if not isinstance(value, list | tuple) or len(value) < 2:
        return False
    pairs = [p for p in value if isinstance(p, list | tuple) and len(p) == 2]
    if len(pairs) < len(value) or not all(is_number(n) for pair in pairs for n in pair):
        return False
    return all(a[0] < b[0] for a, b in pairwise(pairs))


_SEASON = re.compile(r"\d\d-\d\d/\d\d-\d\d")
_STEPS = (is_steps, "a list of rising numbers, such as [30, 50, 80]")
_CODE = (is_code, "the code of a station, in quotes")
_LINES = (is_lines, "a table of lines such as {S1 = [[85.0, 0.2], [93.0, 1.1]]}, stages rising")
# Parameters that are not plain numbers: what is tested, and what is wanted in words.
KINDS: dict[str, tuple[Callable[[object], bool], str]] = {
    "starts": _STEPS,
    "mm_1h": _STEPS,
    "mm_3h": _STEPS,
    "mm_6h": _STEPS,
    "mm_12h": _STEPS,
    "mm_24h": _STEPS,
    "gate": _CODE,
    "lake": _CODE,
    "asks": _CODE,
    "points": _LINES,
    "conditions": (
        is_conditions,
        'a list of conditions such as [{type = "rainfall", variable = "rainfall"}]',
    ),
    "days": (
        lambda value: is_number(value) or is_steps(value),
        "a number of days, or a list of rising ones",
    ),
    "dry_steps": _STEPS,
    "flood_season": (
        lambda value: isinstance(value, str) and bool(_SEASON.fullmatch(value)),
        'a season such as "04-01/09-30"',
    ),
    "percent": _STEPS,
    "plan_percent": _STEPS,
    "month_shares": (
        lambda value: (
            isinstance(value, list | tuple)
            and len(value) == 12
            and all(is_number(share) and share >= 0 for share in value)
            and sum(value) > 0
        ),
        "a list of twelve shares, January first",
    ),
    "warn_days": (
        lambda value: isinstance(value, list | tuple) and is_steps(value[::-1]),
        "a list of falling numbers, such as [10, 5, 2]",
    ),
    "match": (lambda value: value in ("all", "any"), '"all" or "any"'),
    "name": (is_code, "a name, in quotes"),
    "label": (is_code, "a word for messages, in quotes"),
}
HEIGHTS = frozenset({"floor", "stop", "pre_drain"})  # above the datum, so perhaps below zero
# Less than this would divide by nothing, look back on nothing, or lay a line through one point.
LEAST = {
    "after_min": 1,
    "concentration_h": 0.1,
    "dry": 0.01,
    "wet": 0.01,
    "effect_min": 1,
    "flat_days": 1,
    "flat_min": 1,
    "horizon_h": 0.1,
    "memory_h": 0.1,
    "readings": 3,
    "span_h": 0.1,
    "years": 1,
}
STATIONS = frozenset({"gate", "lake", "asks"})  # parameters that name a station


def number(parameters: Mapping[str, Any], name: str, default: float) -> float:
    """A parameter that is a number. Raises Refused for another kind of value."""
    value = parameters.get(name, default)
    wrong = refusal(name, value)
    if wrong:
        raise Refused(f"rule parameter {name}: {wrong}")
    return float(value)


def severity(parameters: Mapping[str, Any], default: Severity) -> Severity:
    """The parameter `severity`. Raises Refused for what is none."""
    if "severity" not in parameters:
        return default
    wrong = refusal("severity", parameters["severity"])
    if wrong:
        raise Refused(f"rule parameter severity: {wrong}")
    return Severity[parameters["severity"]]
