"""A gateway through which nothing comes any more (网关中断): one alert, not two hundred."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import NamedTuple

from floodwatch.model.alert import DISTRICT, Holds, RuleKey
from floodwatch.model.clock import MINUTE, SECOND
from floodwatch.model.district import District
from floodwatch.model.finding import UNKNOWN, Finding
from floodwatch.model.reading import SeriesKey
from floodwatch.model.severity import Severity
from floodwatch.model.station import Station
from floodwatch.model.threshold import Threshold
from floodwatch.rules.context import Context, Need
from floodwatch.rules.defaults import holds
from floodwatch.rules.settings import choose, severity
from floodwatch.rules.stale import gauges_of, usual_severity

TYPE = "feed"
VARIABLE = "all"
PARAMETERS = {"severity": "IV, III, II or I; default that of its gravest gauge"}
GRACE, SHARE = MINUTE, 60  # beside a station's timed interval, and a sixtieth of that
ENOUGH = 3  # stations that owe a report while nobody speaks: that is no longer the stations
AGAIN, LEAST = MINUTE, 30 * SECOND  # how often a dead gateway is looked at, and any at most
MOST = 200  # stations of a gateway that are listened to: so many tell it


class Behind(NamedTuple):
    """A station behind the gateway: one of its gauges, and how often it speaks at least."""

    series: tuple[SeriesKey, ...]
    timed: int


class FeedRule:
    """All stations behind one gateway.

    Dead when, since anything came through it, three of its stations (or all, if there are fewer)
    have failed to give their timed report. A station that had been silent before says nothing.
    """

    __slots__ = ("_behind", "_count", "_severity", "holds", "key", "needs")

    def __init__(
        self,
        key: RuleKey,
        *,
        behind: Sequence[Behind],
        count: int,
        holds: Holds,
        severity: Severity,
    ) -> None:
        self.key = key
        self.holds = holds
        self.needs: tuple[Need, ...] = tuple(
            Need(series, 0, wakes=False) for each in behind for series in each.series
        )
        self._behind = tuple(behind)
        self._count = count
        self._severity = severity

    def judge(self, context: Context) -> Finding:
        """Whether enough stations owe a report since the gateway was last heard."""
        now = context.now
        heard = [(when, each.timed) for each in self._behind if (when := _heard(each, context))]
        if len(heard) < 2:
            return replace(UNKNOWN, recheck_at=now + 10 * MINUTE)
        newest = max(when for when, _ in heard)
        owed = sorted(
            when + timed + timed // SHARE + GRACE for when, timed in heard if when + timed >= newest
        )
        dead_at = owed[min(ENOUGH, len(owed)) - 1]
        if now < dead_at:
            return Finding(
                None,
                None,
                recheck_at=max(dead_at, now + LEAST),
                facts={
                    "zh": f"网关{self.key.gauge}恢复",
                    "en": f"gateway {self.key.gauge} is back",
                },
            )
        name = self.key.gauge
        return Finding(
            self._severity,
            self._severity,
            band=TYPE,
            label="网关中断",
            time=newest,
            recheck_at=now + AGAIN,
            facts={
                "stations": self._count,
                "age": now - newest,
                "zh": f"网关{name}中断，{self._count}站均无数据",
                "en": f"gateway {name} is dead: nothing from any of its {self._count} stations",
                "act_zh": "请检查网关和通信",
                "act_en": "Check the gateway and its link",
            },
        )

    def describe(self, language: str) -> str:
        """The rule in words."""
        if language == "zh":
            return f"网关{self.key.gauge}的测站同时漏报即网关中断({self._severity.numeral}级)"
        return f"gateway {self.key.gauge}: its stations miss their reports together"


def _heard(each: Behind, context: Context) -> int:
    """Service time when the station last said anything; 0: never."""
    latest = (context.latest.get(series) for series in each.series)
    return max((found.heard for found in latest if found is not None), default=0)


def build(
    district: District, place: Station, thresholds: Sequence[Threshold]
) -> Iterable[FeedRule]:
    """One rule for each gateway that several stations name."""
    del thresholds
    gateways: dict[str, list[Station]] = {}
    for station in district.stations.values():
        if station.enabled and station.gateway and gauges_of(station, TYPE):
            gateways.setdefault(station.gateway, []).append(station)
    for name, stations in gateways.items():
        key = RuleKey(DISTRICT, name, VARIABLE, TYPE, "none")
        usual = holds(kind=place.kind, outlet="", variable=VARIABLE, type=TYPE)
        chosen = choose(district.rules, place, key, default=usual)
        if chosen.enabled and len(stations) > 1:
            gravest = max(usual_severity(s, k.variable) for s in stations for k in gauges_of(s, ""))
            yield FeedRule(
                key,
                behind=[_behind(station) for station in stations[:: -(-len(stations) // MOST)]],
                count=len(stations),
                holds=chosen.holds,
                severity=severity(chosen.parameters, gravest),
            )


def _behind(station: Station) -> Behind:
    gauges = gauges_of(station, TYPE)
    return Behind(tuple(next(iter(gauges.values()))), station.reporting.timed)
