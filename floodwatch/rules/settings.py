"""Which [[rule]] settings apply to a rule: the most specific wins."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from floodwatch.model.alert import Holds, RuleKey
from floodwatch.model.district import RuleSetting
from floodwatch.model.errors import Refused
from floodwatch.model.severity import Severity
from floodwatch.model.station import Station


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


def refusal(name: str, value: object) -> str:
    """What is wrong with the value of a parameter of [[rule]]; empty when nothing is."""
    if name == "severity":
        fits = isinstance(value, str) and value in Severity.__members__
        return "" if fits else f"{value!r} is not a severity: IV, III, II or I"
    if isinstance(value, bool) or not isinstance(value, int | float):
        return f"{value!r} is not a number; write it without quotes"
    if name == "coverage" and not 0 <= value <= 1:
        return f"{value!r} is not a share between 0 and 1"
    return f"{value!r} is not a time of silence" if name == "after_min" and value <= 0 else ""


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
