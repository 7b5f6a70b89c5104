"""In which order rules are judged when some watch others: what is watched comes first."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from floodwatch.model.alert import RuleKey
from floodwatch.rules.context import DailyNeed, Rule


@dataclass(frozen=True, slots=True)
class Order:
    """What rules ask for beside readings. All empty for rules that only look at readings.

    `rank`: 0 (absent) watches nothing, every other rule stands above all it watches. `cyclic`:
    rules that cannot be ordered, because they watch each other in a circle or watch such a rule.
    """

    watching: Mapping[RuleKey, Sequence[RuleKey]] = field(default_factory=dict)
    watchers: Mapping[RuleKey, Sequence[RuleKey]] = field(default_factory=dict)
    rank: Mapping[RuleKey, int] = field(default_factory=dict)
    cyclic: frozenset[RuleKey] = frozenset()
    days: Mapping[RuleKey, Sequence[DailyNeed]] = field(default_factory=dict)
    registers: Mapping[RuleKey, Sequence[str]] = field(default_factory=dict)


def order(rules: Iterable[Rule]) -> Order:
    """The order of these rules; a rule that is watched but does not exist hinders nothing."""
    watching: dict[RuleKey, Sequence[RuleKey]] = {}
    days: dict[RuleKey, Sequence[DailyNeed]] = {}
    registers: dict[RuleKey, Sequence[str]] = {}
    keys = set()
    for rule in rules:  # looked at by name: asking a protocol takes 20 times as long
        key = rule.key
        keys.add(key)
        if watched := getattr(rule, "watches", ()):
            watching[key] = watched
        if wished := getattr(rule, "days", ()):
            days[key] = wished
        if consulted := getattr(rule, "registers", ()):
            registers[key] = consulted
    rank = _ranks(watching)
    watchers: dict[RuleKey, list[RuleKey]] = {}
    for key, watched in watching.items():
        for other in watched if key in rank else ():
            watchers.setdefault(other, []).append(key)
    return Order(
        watching, watchers, rank, frozenset(watching.keys() - rank.keys()), days, registers
    )


def _ranks(watching: Mapping[RuleKey, Sequence[RuleKey]]) -> dict[RuleKey, int]:
    """The rank of every watching rule that can be ordered."""
    rank: dict[RuleKey, int] = {}
    waiting = dict(watching)
    while waiting:
        ready = [key for key, others in waiting.items() if not waiting.keys() & set(others)]
        if not ready:
            return rank
        for key in ready:
            rank[key] = 1 + max(rank.get(other, 0) for other in watching[key])
        for key in ready:
            del waiting[key]
    return rank
