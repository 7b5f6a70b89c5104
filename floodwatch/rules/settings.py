"""Which [[rule]] settings apply to a rule: the most specific wins."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from floodwatch.model.alert import Holds, RuleKey
from floodwatch.model.district import RuleSetting
from floodwatch.model.errors import Refused
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


def number(parameters: Mapping[str, Any], name: str, default: float) -> float:
    """A parameter that must be a number; another kind of value is refused by name."""
    value = parameters.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Refused(f"rule parameter {name} = {value!r} is not a number; write it without quotes")
    return float(value)
