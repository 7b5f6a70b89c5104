"""A suspect reading: what lies beside it, what decides, and who is asked until then."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from floodwatch.model.alert import Phase, RuleKey, RuleState, Transition, TransitionKind
from floodwatch.model.clock import HOUR, MINUTE
from floodwatch.model.district import District
from floodwatch.model.finding import Finding
from floodwatch.model.reading import Reading, SeriesKey
from floodwatch.pipeline.newest import latest_of
from floodwatch.pipeline.sight import Work
from floodwatch.rules.basin import WATER, basin_of, finest_rain
from floodwatch.rules.extrapolate import figure
from floodwatch.rules.storm import HEAVY_MM, heaviest_hour
from floodwatch.store import journal
from floodwatch.store.doubted import Doubted

ASK = 3 * MINUTE  # after which the patrol is asked to look, if nothing has decided yet
VERDICT = 6 * MINUTE  # how long a suspect reading waits for the next one before all are told
ASKED = "no verdict within three minutes"
UNDECIDED = "no verdict within six minutes"
CONFIRMED = "confirmed"
SUPPORTED = "supported by rain"
SOME = 3  # neighbours that are named
LOOK_BACK = 2 * HOUR
YOUNG = 2 * HOUR  # a neighbour's older value says nothing


class Beside(NamedTuple):
    """What lies beside a suspect reading: the worst hour of rain, and facts for those who judge."""

    rain_mm: float
    facts: Mapping[str, float | int | str]


def beside(work: Work, rule: RuleKey, at: int) -> Beside:
    """Rain and neighbours of a rule's place at `at`: looked up only when something is doubted."""
    district = work.plan.district
    station = district.stations.get(rule.station)
    if station is None or rule.variable not in WATER:
        return Beside(0.0, {})
    basin = basin_of(district, station)
    rain = [key for code in basin.rain for key in finest_rain(district.stations[code])]
    ids = work.series.ids(work.tx, rain, now=work.now, create=False)
    span = dict.fromkeys(ids.values(), (at - LOOK_BACK, at))
    series = journal.windows(work.tx, span)
    hours = [heaviest_hour(series.get(ids[key]), key, at=at) if key in ids else 0.0 for key in rain]
    near = _neighbours(work, rule, basin.neighbours[:SOME])
    return weighed(hours if ids else (), near, work.plan.district, now=work.now)


def _neighbours(work: Work, rule: RuleKey, codes: Iterable[str]) -> list[Reading]:
    """The neighbours' newest values."""
    keys = [SeriesKey(code, "1", rule.variable) for code in codes]
    ids = work.series.ids(work.tx, keys, now=work.now, create=False)
    rows = journal.latest(work.tx.connection, list(ids.values()))
    return [latest_of(key, rows[number]).reading for key, number in ids.items() if number in rows]


def weighed(
    hours: Sequence[float], near: Iterable[Reading], district: District, *, now: int
) -> Beside:
    """The worst hours of rain of each gauge, and the neighbours' newest values in words."""
    fallen = max(hours, default=0.0)
    facts: dict[str, float | int | str] = {"rain_1h": round(fallen, 1)} if hours else {}
    named = "、".join(
        district.stations[one.key.station].name + figure(one.key.variable, one.value, "zh")
        for one in near
        if now - one.time <= YOUNG
    )
    return Beside(fallen, facts | ({"neighbours": named} if named else {}))


def noted(made: Iterable[Transition], found: Beside) -> tuple[Transition, ...]:
    """The transitions with what lies beside them."""
    return tuple(
        each._replace(finding=replace(each.finding, facts={**each.finding.facts, **found.facts}))
        for each in made
    )


def supports(rule: RuleKey, found: Beside) -> bool:
    """Whether rain speaks for a fast rise of this water."""
    rising = rule.direction in ("up", "rise") and rule.variable in WATER
    return rising and found.rain_mm >= HEAVY_MM


def denies(finding: Finding, state: RuleState) -> bool:
    """Whether what is known now is less than what the suspect reading raised."""
    worst = max(finding.severity or 0, finding.holding or 0)
    return finding.known and finding.may_clear and worst < (state.severity or 0)


def decided(finding: Finding, state: RuleState, *, doubted: int, now: int) -> bool:
    """Whether the doubt is over: a good reading, a second one that says the same, VERDICT."""
    if state.phase is not Phase.FIRING:
        return True
    return _clear(finding, state, doubted) or now - doubted >= VERDICT


def _clear(finding: Finding, state: RuleState, doubted: int) -> bool:
    """Whether a later reading has decided, good or itself suspect and no better."""
    if not finding.known or not finding.suspect:
        return finding.known
    later = finding.time is not None and finding.time > doubted
    return later and (finding.severity or 0) >= (state.severity or 0)


def sure(made: Iterable[Transition], *, why: str = "") -> tuple[Transition, ...]:
    """The same, no longer in doubt: something supports what the first reading said."""
    return tuple(
        each._replace(finding=replace(each.finding, suspect=False), why=why or each.why)
        for each in made
    )


def told_anew(
    finding: Finding, state: RuleState, *, now: int, doubted: int | None = None, why: str = ""
) -> tuple[Transition, ...]:
    """The alert as it stands, told to all; `doubted`: the time of the reading it stood on."""
    if state.phase is not Phase.FIRING or state.severity is None:
        return ()
    good = replace(finding, suspect=False)
    if doubted is not None and not why:
        why = CONFIRMED if _clear(finding, state, doubted) else UNDECIDED
    return (Transition(TransitionKind.FIRED, state.severity, None, now, good, why),)


def asks(state: RuleState, doubt: Doubted, *, now: int) -> bool:
    """Whether it is time to ask the patrol to look."""
    due = not doubt.asked and now - doubt.time >= ASK
    return due and state.phase is Phase.FIRING and state.severity is not None


def asked(finding: Finding, state: RuleState, doubt: Doubted, *, now: int) -> Transition:
    """The alert as it stands, still in doubt, told to the patrol beside the officer."""
    facts = {**doubt.facts, **finding.facts, "asked": 1}
    still = replace(finding, suspect=True, facts=facts)
    assert state.severity is not None  # noqa: S101 - asks() has seen it
    return Transition(TransitionKind.FIRED, state.severity, None, now, still, ASKED)


def due(state: RuleState, doubt: Doubted) -> RuleState:
    """The state, judged again when the next step of the doubt is due."""
    moment = doubt.time + (VERDICT if doubt.asked else ASK)
    return replace(state, due=moment if state.due is None else min(state.due, moment))
