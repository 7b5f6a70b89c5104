"""The configuration in force, compiled: what every reading is resolved with and judged by."""

import logging
import threading
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain
from typing import NamedTuple

from sqlalchemy import Connection

from floodwatch.config.live import Configuration
from floodwatch.model.alert import RuleKey
from floodwatch.model.district import District
from floodwatch.model.reading import SeriesKey
from floodwatch.model.station import Station
from floodwatch.model.unit import CONVERTED_DECIMALS
from floodwatch.pipeline.faults import said
from floodwatch.quality.flagging import Limits, limits_of
from floodwatch.rules.context import Day, Rule
from floodwatch.rules.order import Order, order
from floodwatch.rules.registry import compile_rules, index

_log = logging.getLogger(__name__)

LARGE = 1_000  # stations from which a new version is compiled beside the work
PAUSE_S = 0.002  # of compiling, every few milliseconds
FEW = 500  # parts of a plan that are let go at once

_NONE: frozenset[str] = frozenset()


class Remembered(NamedTuple):
    """The last `wanted` days of a series as they were looked up; they serve while `stamp` stays."""

    stamp: tuple[int, int]
    wanted: int
    rows: Sequence[Day]


@dataclass(frozen=True)
class Plan:
    """One version of the configuration with everything derived from it."""

    district: District
    rules: dict[RuleKey, Rule] = field(default_factory=dict)  # what is watched comes first
    names: frozenset[str] = frozenset()  # of the rules, as they are stored
    by_series: dict[SeriesKey, tuple[Rule, ...]] = field(default_factory=dict)
    limits: dict[SeriesKey, Limits] = field(default_factory=dict)
    unbuilt: dict[str, str] = field(default_factory=dict)  # "station:type" -> error
    order: Order = field(default_factory=Order)
    days: dict[SeriesKey, Remembered] = field(default_factory=dict)  # as pipeline.sight keeps them
    resolved: dict[tuple[str, str | None, str, str | None, int | None], "Resolution"] = field(
        default_factory=dict
    )

    @property
    def version(self) -> int:
        """The version of the configuration."""
        return self.district.version

    def unknown(self, names: Iterable[str]) -> list[str]:
        """Those of the names that are of no rule of this plan."""
        return sorted(set(names) - self.names)

    @cached_property
    def _retiring(self) -> dict[str, int]:
        stations = self.district.stations.values()
        return {s.code: s.valid_to for s in stations if s.valid_to is not None}

    def retired(self, now: int) -> frozenset[str]:
        """The stations whose `valid_to` has passed: readings are stored, nothing is judged."""
        if not self._retiring:
            return _NONE
        return frozenset(code for code, end in self._retiring.items() if end <= now)


@dataclass(frozen=True, slots=True)
class Resolution:
    """How readings under one set of names are read: canonical = raw * scale + offset.

    `refusal` is the reason when they cannot be read at all.
    """

    key: SeriesKey | None = None
    scale: float = 1.0
    offset: float = 0.0
    refusal: str = ""

    def convert(self, value: float) -> float:
        """The canonical value; one given in the canonical unit stays as it is to the last bit."""
        if self.scale == 1.0 and self.offset == 0.0:
            return value
        return round(value * self.scale + self.offset, CONVERTED_DECIMALS)


def compile_plan(district: District, *, breathe: Callable[[], object] = lambda: None) -> Plan:
    """Compile a district's rules and quality limits; what cannot be built hinders nothing else.

    `breathe` is called every few milliseconds.
    """
    unbuilt: dict[str, str] = {}

    def failed(station: Station, kind: str, error: Exception) -> None:
        _log.error("the %s rules of %s cannot be built", kind, station.code, exc_info=error)
        unbuilt[place(station.code, kind)] = said(error)

    rules = compile_rules(district, failed=failed, breathe=breathe)
    found = order(rules)
    for key in found.cyclic:
        unbuilt[place(key.station, key.type)] = (
            f"{key} watches rules that watch each other in a circle: let one of them watch another"
        )
    rules = tuple(rule for rule in rules if rule.key not in found.cyclic)
    limits = {
        gauge.key: limits_of(gauge, station)
        for station in district.stations.values()
        for gauge in station.gauges
    }
    by_series = {key: tuple(heard) for key, heard in index(rules).items()}
    rank = found.rank
    by_key = {rule.key: rule for rule in sorted(rules, key=lambda rule: rank.get(rule.key, 0))}
    names = frozenset(map(str, by_key))
    return Plan(district, by_key, names, by_series, limits, unbuilt, order=found)


def place(station: str, kind: str) -> str:
    """The name under which rules that cannot be built are a fault."""
    return f"{station}:{kind}"


class Plans:
    """The plan of the newest configuration version, compiled once a process and version.

    A large district takes seconds to compile: meanwhile the plan before goes on, so that neither
    readings nor the tick wait. A small one is compiled where it is first asked for.
    """

    def __init__(self, configuration: Configuration, *, large: int = LARGE) -> None:
        self._configuration = configuration
        self._large = large
        self._plan: Plan | None = None
        self._made: Future[Plan] | None = None  # the next one, while another thread compiles it
        self._lock = threading.Lock()

    def current(self, connection: Connection) -> Plan:
        """The plan in force for this transaction."""
        plan = self._plan
        if plan is not None and len(plan.district.stations) >= self._large:
            return self._by_and_by(plan, self._configuration.newest(connection))
        district = self._configuration.current(connection)
        if plan is None or plan.version != district.version:
            self._plan = plan = compile_plan(district)
        return plan

    def _by_and_by(self, plan: Plan, newest: int) -> Plan:
        """The newest plan if it is ready, else the one before; a fault in making it is raised."""
        if plan.version == newest:
            return plan
        with self._lock:
            if self._made is None:
                self._made = Future()
                work = (self._made,)
                threading.Thread(target=self._make, args=work, name="compile", daemon=True).start()
            elif self._made.done():
                made, self._made = self._made, None
                self._plan = made.result()
                threading.Thread(target=_let_go, args=(_parts(plan),), daemon=True).start()
            return self._plan or plan

    def _make(self, made: "Future[Plan]") -> None:
        pause = threading.Event()  # never set: its waiting lets the other threads work
        try:
            district = self._configuration.current()
            made.set_result(compile_plan(district, breathe=lambda: pause.wait(PAUSE_S)))
        except Exception as error:  # noqa: BLE001 - raised where the plan is asked for
            made.set_exception(error)


def _parts(plan: Plan) -> deque[object]:
    return deque(chain(plan.rules.values(), plan.limits.values(), plan.district.stations.values()))


def _let_go(parts: deque[object]) -> None:
    """Give the memory of a large plan back bit by bit: at once, everything stands for 50 ms."""
    pause = threading.Event()
    while parts:
        for _ in range(min(len(parts), FEW)):
            parts.popleft()
        pause.wait(PAUSE_S)
