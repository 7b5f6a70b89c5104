"""Several rules together: rain has tripped and the water rises, or any of three gates is open."""

from collections.abc import Iterable, Mapping, Sequence

from floodwatch.model.alert import Holds, Phase, RuleKey
from floodwatch.model.district import District, RuleSetting
from floodwatch.model.finding import Finding
from floodwatch.model.severity import Severity
from floodwatch.model.station import Station
from floodwatch.model.threshold import Threshold
from floodwatch.model.variable import VARIABLES
from floodwatch.rules.conditions import Condition, read
from floodwatch.rules.context import Context, Need
from floodwatch.rules.settings import severity
from floodwatch.rules.words import duration

TYPE = "composite"
PARAMETERS = {
    "name": "tells several of one station apart; default 1",
    "label": "what messages call it",
    "match": "all (default) or any of the conditions",
    "conditions": "list of {type, variable, station, gauge, direction, severity, within_min}",
    "severity": "IV, III, II or I; default III",
}


class CompositeRule:
    """Fires while all (or any) of its conditions hold.

    A condition holds while its rule fires with at least the severity asked for, and `within` longer
    after that rule has become less grave: so rain may arm a check of the level for an hour, though
    its alert eases before it ends. It looks at
    nothing but the lives of those rules, whose own holds and doubts are already in them.
    """

    __slots__ = (
        "_conditions",
        "_every",
        "_label",
        "_names",
        "_severity",
        "holds",
        "key",
        "recalls",
        "watches",
    )

    needs: tuple[Need, ...] = ()

    def __init__(
        self,
        key: RuleKey,
        conditions: Sequence[Condition],
        *,
        every: bool,
        severity: Severity,
        label: str,
        holds: Holds,
        names: Sequence[str],
    ) -> None:
        self.key = key
        self.holds = holds
        self.watches: tuple[RuleKey, ...] = tuple(dict.fromkeys(c.rule for c in conditions))
        self.recalls: Mapping[RuleKey, int] = {c.rule: c.within for c in conditions if c.within}
        self._conditions = tuple(conditions)
        self._every = every
        self._severity = severity
        self._label = label
        self._names = tuple(names)

    def judge(self, context: Context) -> Finding:
        """Whether enough of the conditions hold now."""
        until = [_until(condition, context) for condition in self._conditions]
        met = [end is not None for end in until]
        found = self._severity if (all(met) if self._every else any(met)) else None
        ends = [end for end in until if end]
        zh, en = self._words(met, "zh"), self._words(met, "en")
        return Finding(
            severity=found,
            holding=found,
            band=TYPE,
            label=self._label,
            time=context.at,
            recheck_at=min(ends, default=None),
            facts={"met": sum(met), "of": len(met), "zh": zh, "en": en} if found else {},
        )

    def _words(self, met: Iterable[bool], language: str) -> str:
        zh = language == "zh"
        said = [name for name, holds in zip(self._names, met, strict=True) if holds]
        head = f"{self._label}：" if zh else f"{self._label}: "
        return head + ("、" if zh else "; ").join(said)

    def describe(self, language: str) -> str:
        """The rule in words for the station page."""
        zh = language == "zh"
        parts = []
        for name, condition in zip(self._names, self._conditions, strict=True):
            grade = condition.severity.numeral if zh else condition.severity.name
            least = f"{name}≥{grade}级" if zh else f"{name} {grade} or worse"
            if condition.within:
                span = duration(condition.within, language)
                least += f"(或止后{span}内)" if zh else f" (or until {span} after)"
            parts.append(least)
        joined = (" 且 " if self._every else " 或 ") if zh else (" and " if self._every else " or ")
        grade = f"({self._severity.numeral}级)" if zh else f" ({self._severity.name})"
        return f"{self._label}：{joined.join(parts)}{grade}"


def _until(condition: Condition, context: Context) -> int | None:
    """Until when it holds (service ms, exclusive); 0: its rule fires now; None: it does not."""
    state = context.states.get(condition.rule)
    firing = state is not None and state.phase is Phase.FIRING
    if firing and state is not None and (state.severity or 0) >= condition.severity:
        return 0
    last = context.ended.get(condition.rule)
    if not condition.within or last is None:
        return None
    over = last.left if firing else (*last.left, (last.severity, last.at))
    graver = [at for severity, at in over if severity >= condition.severity]
    end = max(graver, default=context.now) + condition.within
    return end if graver and context.now < end else None


def build(
    district: District, station: Station, thresholds: Sequence[Threshold]
) -> Iterable[CompositeRule]:
    """One rule for each [[rule]] of this type that names the station."""
    del thresholds
    for setting in district.rules:
        if setting.type == TYPE and setting.station == station.code and setting.enabled:
            yield rule_of(district, setting)


def rule_of(district: District, setting: RuleSetting) -> CompositeRule:
    """The rule of one setting."""
    given = setting.parameters
    conditions = read(given.get("conditions", ()), station=setting.station)
    variable = setting.variable or next((c.rule.variable for c in conditions), "stage")
    name = str(given.get("name", "1"))
    return CompositeRule(
        RuleKey(setting.station, name, variable, TYPE, "none"),
        conditions,
        every=given.get("match", "all") == "all",
        severity=severity(given, Severity.III),
        label=str(given.get("label") or "组合条件"),
        holds=Holds(setting.hold_up or 0, setting.hold_down or 0),
        names=[_name(district, condition, setting.station) for condition in conditions],
    )


def _name(district: District, condition: Condition, own: str) -> str:
    """What a condition is called: its station where it is another one, and its variable."""
    rule = condition.rule
    station = district.stations.get(rule.station)
    place = "" if rule.station == own else (station.name if station else rule.station)
    known = VARIABLES.get(rule.variable)
    return f"{place}{known.zh if known else rule.variable}"
