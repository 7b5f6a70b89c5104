"""Rehearsal: stored readings of a period through the same rules and the same life of an alert.

The virtual present is the time of the reading. Between two readings everything is done that time
alone would have done: holds that run out, rain that leaves its window, seasons that switch. What is
watched is replayed before what watches it.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import groupby
from typing import NamedTuple

from floodwatch.model.alert import RuleKey
from floodwatch.model.district import District
from floodwatch.pipeline.hindsight import Entered, Hindsight, Nothing, Source
from floodwatch.pipeline.plan import compile_plan
from floodwatch.pipeline.rehearsed import Cancelled, People, Rehearsal, Rehearsed, alerts_of
from floodwatch.pipeline.replay import Replay, Replayed
from floodwatch.pipeline.retell import NEVER, WITHIN, Answers, retell
from floodwatch.rules.context import Rule

__all__ = [
    "NEVER",
    "WITHIN",
    "Answers",
    "Cancelled",
    "People",
    "Rehearsal",
    "Rehearsed",
    "Source",
    "rehearse",
]

# Rules on silence: in a stored series it mostly shows how it was collected.
SILENT = frozenset({"stale", "rise_silent", "rise_flat", "stuck", "offline", "feed"})
WORKERS = 2

Progress = Callable[[int, int], object]  # rules replayed, of how many


class Period(NamedTuple):
    """What is rehearsed: readings with start <= time <= end (ms UTC), of some stations or of all.

    `stale`: the silence of gauges is judged too. `skip` leaves out readings of which a rule says
    that they can change nothing. `types`: only rules of these types.
    """

    start: int
    end: int
    stations: frozenset[str] | None = None
    stale: bool = False
    skip: bool = True
    types: frozenset[str] | None = None


def rehearse(
    readings: Source,
    district: District,
    *,
    start: int,
    end: int,
    stations: Collection[str] | None = None,
    stale: bool = False,
    skip: bool = True,
    types: Collection[str] | None = None,
    answers: Answers | None = None,
    entered: Entered | None = None,
    progress: Progress = lambda done, of: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Rehearsal:
    """Replay all readings with start <= time <= end (ms UTC) through the rules of `district`.

    With `answers`, how people would have answered, also who would have been told, how often.
    """
    chosen = frozenset(stations) if stations is not None else None
    only = frozenset(types) if types is not None else None
    period = Period(start, end, chosen, stale, skip, only)
    found, hindsight = _replay(
        readings, district, period, entered or Nothing(), progress=progress, cancelled=cancelled
    )
    changes = [change for one in found for change in one.changes]
    alerts = [alert for one in found for alert in alerts_of(one.changes)]
    alerts.sort(key=lambda alert: (alert.fired_at, alert.rule))
    people = None
    if answers is not None:
        people = retell(changes, district, end=end, answers=answers, cancelled=cancelled)
    return Rehearsal(
        alerts, sum(hindsight.counted.values()), sum(one.judged for one in found), people
    )


def _replay(
    readings: Source,
    district: District,
    period: Period,
    entered: Entered,
    *,
    progress: Progress,
    cancelled: Callable[[], bool],
) -> tuple[list[Replayed], Hindsight]:
    plan = compile_plan(district)
    rules = [rule for rule in plan.rules.values() if _is_wanted(rule, period)]
    hindsight = Hindsight(
        readings,
        district,
        rules,
        plan.order,
        start=period.start,
        end=period.end,
        entered=entered,
    )
    found: list[Replayed] = []
    watched = {other for others in plan.order.watching.values() for other in others}

    def play(mine: Sequence[Rule]) -> list[tuple[Rule, Replayed]]:
        done = []
        for rule in mine:
            if cancelled():
                raise Cancelled("the rehearsal was stopped")
            place = district.stations.get(rule.key.station)
            replay = Replay(
                rule,
                hindsight,
                start=period.start,
                end=period.end,
                skip=period.skip,
                version=district.version,
                valid_to=place.valid_to if place else None,
            )
            done.append((rule, replay.play()))
        return done

    with ThreadPoolExecutor(WORKERS, thread_name_prefix="rehearse") as pool:
        for group in _ranks(rules, plan.order.rank):
            for done in pool.map(play, _by_station(group)):
                for rule, replayed in done:
                    found.append(replayed)
                    if rule.key in watched:
                        hindsight.past.keep(rule.key, replayed.life)
                progress(len(found), len(rules))
    return found, hindsight


def _is_wanted(rule: Rule, period: Period) -> bool:
    if period.stations is not None and rule.key.station not in period.stations:
        return False
    if period.types is not None and rule.key.type not in period.types:
        return False
    return period.stale or rule.key.type not in SILENT


def _ranks(rules: Iterable[Rule], rank: Mapping[RuleKey, int]) -> Iterable[list[Rule]]:
    """What watches nothing first, then what watches only that, and so on."""
    by_rank: dict[int, list[Rule]] = {}
    for rule in rules:
        by_rank.setdefault(rank.get(rule.key, 0), []).append(rule)
    return [by_rank[number] for number in sorted(by_rank)]


def _by_station(rules: Iterable[Rule]) -> list[list[Rule]]:
    """The rules of one station one after another: they look at the same series."""
    ordered = sorted(rules, key=lambda rule: rule.key.station)
    return [list(mine) for _, mine in groupby(ordered, key=lambda rule: rule.key.station)]
