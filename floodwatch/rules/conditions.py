"""Conditions over the lives of other rules, as [[rule]] of type composite writes them."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from floodwatch.model.alert import RuleKey
from floodwatch.model.clock import MINUTE
from floodwatch.model.severity import Severity

NEEDED = ("type", "variable")
KEYS = frozenset({"station", "gauge", "variable", "type", "direction", "severity", "within_min"})


class Condition(NamedTuple):
    """`rule` fires with at least `severity`, or did so until at most `within` ms ago."""

    rule: RuleKey
    severity: Severity
    within: int = 0


def is_conditions(value: object) -> bool:
    """Whether it is a list of at least one condition."""
    return isinstance(value, list | tuple) and bool(value) and all(map(_is_condition, value))


def _is_condition(value: object) -> bool:
    if not isinstance(value, Mapping) or not value.keys() <= KEYS:
        return False
    words = {name: word for name, word in value.items() if name != "within_min"}
    if not all(isinstance(word, str) and word for word in words.values()):
        return False
    minutes = value.get("within_min", 0)
    if isinstance(minutes, bool) or not isinstance(minutes, int | float) or minutes < 0:
        return False
    return all(name in value for name in NEEDED) and (
        words.get("severity", "IV") in Severity.__members__
    )


def read(listed: Iterable[Mapping[str, Any]], *, station: str) -> tuple[Condition, ...]:
    """The conditions; a rule without a station is one of `station`."""
    return tuple(
        Condition(
            RuleKey(
                each.get("station", station),
                each.get("gauge", "1"),
                each["variable"],
                each["type"],
                each.get("direction", "up"),
            ),
            Severity[each.get("severity", "IV")],
            round(each.get("within_min", 0) * MINUTE),
        )
        for each in listed
    )
