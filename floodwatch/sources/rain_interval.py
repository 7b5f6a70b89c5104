"""How INTV, the length of a rain period in SL 323 tables, is meant: station by station.

By the standard it is HH.NN (0.05: five minutes); some databases hold hours (0.08). 0.05 can only
be the one, 0.08 only the other. 0.10 may be ten minutes or six: how far a station's rows are apart
tells.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise
from typing import Any

from floodwatch.model.clock import HOUR, MINUTE

HHNN, HOURS = "HH.NN", "hours"
BOTH = "both"  # a station that does it now so, now so
_USUAL = (5, 6, 10, 12, 15, 20, 30)  # minutes over which equipment reports rain


class RainIntervals:
    """What is known of each station; `stated` is what a person has said of all."""

    def __init__(self, known: Mapping[str, str] | None = None, *, stated: str = "") -> None:
        self._known = dict(known or {})
        self._usual = self._known.pop("", "")
        self._stated = stated

    def learn(self, rows: Iterable[tuple[str, int, Any]]) -> None:
        """From rows of (station, ms, INTV)."""
        for station, kinds in _votes(rows).items():
            found = {*kinds, self._known.get(station, next(iter(kinds)))}
            self._known[station] = found.pop() if len(found) == 1 else BOTH
        kinds = {*self._known.values(), self._usual} - {BOTH, ""}
        if len(kinds) == 1:
            self._usual = kinds.pop()
        elif kinds:
            self._usual = BOTH

    def known(self) -> dict[str, str]:
        """To go on with after a restart: what most do, and who does otherwise."""
        others = {s: k for s, k in self._known.items() if k != self._usual}
        return ({"": self._usual} if self._usual else {}) | others

    def period(self, station: str, interval: Any) -> int | None:
        """The length in ms; None: this cannot be told (yet). `interval` is a number above 0."""
        if not part_of(interval):
            return length(interval, HHNN)  # whole hours are the same either way
        kind = self._stated or self._known.get(station) or self._usual
        return length(interval, kind) if kind in (HHNN, HOURS) else None


def length(interval: Any, kind: str) -> int:
    """The length in ms of an INTV of that kind; hours come to the nearest usual minute."""
    whole, part = int(float(interval)), part_of(interval)
    if kind == HHNN:
        return whole * HOUR + part * MINUTE
    minutes = _minutes(part)
    return whole * HOUR + (round(part * 0.6) if minutes is None else minutes) * MINUTE


def part_of(interval: Any) -> int:
    """The two places after the point."""
    return round(float(interval) * 100) % 100


def _votes(rows: Iterable[tuple[str, int, Any]]) -> dict[str, set[str]]:
    votes: dict[str, set[str]] = defaultdict(set)
    times: dict[tuple[str, int], list[int]] = defaultdict(list)
    for station, at, interval in rows:
        part = part_of(interval)
        if not part:
            continue
        as_clock, as_hours = part in _USUAL, _minutes(part) is not None
        if as_clock != as_hours:
            votes[station].add(HHNN if as_clock else HOURS)
        elif float(interval) < 1:
            times[station, part].append(at)
    for (station, part), found in times.items():
        votes[station] |= set(_by_distance(part, sorted(set(found))))
    return {station: kinds for station, kinds in votes.items() if kinds}


def _minutes(part: int) -> int | None:
    """The usual number of minutes that hundredths of an hour are, if any."""
    return next((usual for usual in _USUAL if abs(part * 0.6 - usual) <= 0.31), None)


def _by_distance(part: int, times: list[int]) -> Iterator[str]:
    gaps = {b - a for a, b in pairwise(times)}
    if not gaps:
        return
    shortest = min(gaps)
    if shortest == part * MINUTE:
        yield HHNN
    elif shortest == round(part * 0.6) * MINUTE:
        yield HOURS
