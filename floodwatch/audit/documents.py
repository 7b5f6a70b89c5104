"""The configuration documents as the audit reads them: limits, holds and stations, no more."""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

SEVERITIES = {"IV": 1, "III": 2, "II": 3, "I": 4}
COMPARATORS = ("above", "at_or_above", "below", "at_or_below")
LEVELS = ("stage", "tail_stage", "piezometric_stage", "ponding_depth", "flow")
SCALES = {"m": 1.0, "cm": 0.01, "mm": 0.001, "ft": 0.3048, "in": 0.0254}
RAIN_SCALES = {"mm": 1.0, "cm": 10.0, "m": 1000.0, "in": 25.4, "ft": 304.8}
FLOW_SCALES = {"m3/s": 1.0, "L/s": 0.001, "cfs": 0.028316846592}
SPANS = {"ms": 1, "s": 1_000, "min": 60_000, "h": 3_600_000, "d": 86_400_000}


class Limit(NamedTuple):
    """One limit of one station, in the canonical unit. Times ms UTC; `window` 0: of the value."""

    station: str
    gauge: str
    variable: str
    name: str
    severity: int
    comparator: str
    value: float
    window: int
    season: str
    begins: int | None
    ends: int | None
    order: bool

    def met(self, value: float) -> bool:
        """Whether the value is over it."""
        value, limit = round(value, 9), round(self.value, 9)
        return {
            "above": value > limit,
            "at_or_above": value >= limit,
            "below": value < limit,
            "at_or_below": value <= limit,
        }[self.comparator]

    @property
    def rule(self) -> str:
        """The name of the rule that watches it."""
        if self.window:
            return f"{self.station}/{self.gauge}/rainfall/rainfall/up"
        way = "up" if self.comparator in ("above", "at_or_above") else "down"
        return f"{self.station}/{self.gauge}/{self.variable}/level/{way}"


class Place(NamedTuple):
    """A station, as far as the audit needs it."""

    code: str
    zone: ZoneInfo
    silent_after: int
    periods: Mapping[str, tuple[int, ...]]  # gauge -> periods of its rain series, finest first
    since_eight: frozenset[str] = frozenset()  # gauges that measure no rain but since 08:00


class Routes(NamedTuple):
    """Who is written to: the first route that fits."""

    stations: Mapping[str, Mapping[str, Any]]
    tables: Sequence[Mapping[str, Any]]

    def writes(self, *, rule: str, severity: int, band: str) -> bool:
        """Whether an alert of this rule is sent to anybody."""
        code, _, variable, kind, direction = rule.split("/")
        station = self.stations.get(code, {})
        known = {
            "severity": next(word for word, n in SEVERITIES.items() if n == severity),
            "kind": station.get("kind", ""),
            "point_type": station.get("point_type", ""),
            "station": code,
            "variable": variable,
            "type": kind,
            "direction": direction,
            "band": band,
        }
        for route in self.tables:
            if all(known[key] in _words(route[key]) for key in known if route.get(key)):
                return not route.get("screen_only", False) and _names(route, station)
        return False


def _names(route: Mapping[str, Any], station: Mapping[str, Any]) -> bool:
    """Whether it names anybody who is written to, now or in the morning."""
    persons = station.get("persons", {})

    def somebody(people: str, roles: str, table: Mapping[str, Any]) -> bool:
        return bool(table.get(people)) or any(persons.get(role) for role in table.get(roles, ()))

    return (
        somebody("people", "roles", route)
        or somebody("inform", "inform_roles", route)
        or any(
            somebody("people", "roles", duty)
            for duty in route.get("duty", [])
            if duty.get("way", "call") != "screen" and not duty.get("after")
        )
    )


class Rules(NamedTuple):
    """What one version of the configuration asks for."""

    places: Mapping[str, Place]
    limits: tuple[Limit, ...]
    holds: Mapping[str, int]  # rule -> ms a condition must stand first; absent: no wait
    off: frozenset[str]  # rules that are switched off


def read(documents: Mapping[str, str]) -> Rules:
    """The limits of a version's documents; what cannot be read demands nothing."""
    service = _toml(documents, "floodwatch.toml").get("service", {})
    usual = str(service.get("timezone", "Asia/Shanghai"))
    stations = {
        str(each["code"]): each
        for each in _toml(documents, "stations.toml").get("station", [])
        if each.get("code") and each.get("enabled", True)
    }
    places = {code: _place(station, usual) for code, station in stations.items()}
    given = _toml(documents, "thresholds.toml")
    limits = tuple(_limits(stations, places, given.get("threshold", [])))
    holds, off = {}, set()
    for rule in {limit.rule for limit in limits}:
        hold, enabled = _setting(rule, stations, given.get("rule", []))
        holds[rule] = hold
        if not enabled:
            off.add(rule)
    return Rules(places, limits, holds, frozenset(off))


def routes(documents: Mapping[str, str]) -> Routes:
    """The routes of a version's documents."""
    stations = _toml(documents, "stations.toml").get("station", [])
    by_code = {str(each.get("code")): each for each in stations}
    return Routes(by_code, _toml(documents, "recipients.toml").get("route", []))


def in_force(limit: Limit, at: int, zone: ZoneInfo) -> bool:
    """Whether dates and season include the moment; both begin at 08:00 local."""
    if limit.begins is not None and at < limit.begins:
        return False
    if limit.ends is not None and at >= limit.ends:
        return False
    if not limit.season:
        return True
    first, last = limit.season.split("/")
    local = datetime.fromtimestamp(at / 1000, zone) - timedelta(hours=8)
    day = f"{local.month:02d}-{local.day:02d}"
    return first <= day <= last if first <= last else day >= first or day <= last


def duration(text: object) -> int:
    """ms of "5min" and the like; 0 for what is none."""
    words = str(text or "").strip()
    unit = words.lstrip("0123456789.").strip()
    number = words[: len(words) - len(unit)].strip()
    return round(float(number) * SPANS[unit]) if number and unit in SPANS else 0


def _words(given: object) -> list[object]:
    return list(given) if isinstance(given, list) else [given]


def _toml(documents: Mapping[str, str], name: str) -> dict[str, Any]:
    try:
        return tomllib.loads(documents.get(name, ""))
    except tomllib.TOMLDecodeError:
        return {}


def _place(station: Mapping[str, Any], usual: str) -> Place:
    timed = duration(station.get("reporting", {}).get("timed", "1h"))
    periods: dict[str, list[int]] = {}
    for gauge in station.get("gauges", []):
        if gauge.get("variable") == "rainfall":
            period = duration(gauge["period"]) if "period" in gauge else timed
            periods.setdefault(str(gauge.get("gauge", "1")), []).append(period)
    rain: dict[str, set[str]] = {}
    for gauge in station.get("gauges", []):
        rain.setdefault(str(gauge.get("gauge", "1")), set()).add(str(gauge.get("variable")))
    return Place(
        code=str(station["code"]),
        zone=ZoneInfo(str(station.get("tz") or usual)),
        silent_after=round(timed * 1.2) + 5 * 60_000,
        periods={gauge: tuple(sorted(found)) for gauge, found in periods.items()},
        since_eight=frozenset(
            gauge
            for gauge, variables in rain.items()
            if "rainfall_day" in variables and not variables & {"rainfall", "rainfall_total"}
        ),
    )


def _limits(
    stations: Mapping[str, Mapping[str, Any]],
    places: Mapping[str, Place],
    tables: list[dict[str, Any]],
) -> Iterator[Limit]:
    for code, station in stations.items():
        own = [t for t in tables if t.get("station") == code]
        taken = {_slot(t) for t in own if not t.get("order")}
        fitting = [
            t
            for t in tables
            if "station" not in t
            and t.get("kind") == station.get("kind")
            and t.get("point_type", "") in ("", station.get("point_type", ""))
            and _measured(station, t)
        ]
        narrow = {_slot(t) for t in fitting if t.get("point_type") and not t.get("order")}
        chosen = own + [
            t
            for t in fitting
            if _slot(t) not in taken and (t.get("point_type") or _slot(t) not in narrow)
        ]
        retired = _moment(station.get("valid_to"), places[code].zone, ends=True)
        for table in chosen:
            if (limit := _limit(code, places[code].zone, table, retired)) is not None:
                yield limit


def _slot(table: Mapping[str, Any]) -> tuple[str, str, str]:
    return str(table.get("variable")), str(table.get("gauge", "1")), str(table.get("name"))


def _measured(station: Mapping[str, Any], table: Mapping[str, Any]) -> bool:
    gauge = str(table.get("gauge", "1"))
    wanted = {table.get("variable")}
    if "rainfall" in wanted:  # what else can tell the rain of a window
        wanted |= {"rainfall_total", "rainfall_day"}
    return any(
        g.get("variable") in wanted and str(g.get("gauge", "1")) == gauge
        for g in station.get("gauges", [])
    )


def _limit(
    code: str, zone: ZoneInfo, table: Mapping[str, Any], retired: int | None
) -> Limit | None:
    variable, window = str(table.get("variable")), duration(table.get("window"))
    rain = window > 0 and variable == "rainfall"
    if not rain and (window or variable not in LEVELS):
        return None
    comparator = next((name for name in COMPARATORS if name in table), "")
    unit = str(table.get("unit") or "")
    scales = RAIN_SCALES if rain else FLOW_SCALES if variable == "flow" else SCALES
    if not comparator or (unit and unit not in scales):
        return None
    ends = _moment(table.get("valid_to"), zone, ends=True)
    return Limit(
        station=code,
        gauge=str(table.get("gauge", "1")),
        variable=variable,
        name=str(table.get("name")),
        severity=SEVERITIES[str(table["severity"])],
        comparator=comparator,
        value=round(float(table[comparator]) * (scales[unit] if unit else 1.0), 9),
        window=window,
        season=str(table.get("season") or ""),
        begins=_moment(table.get("valid_from"), zone, ends=False),
        ends=min((e for e in (ends, retired) if e is not None), default=None),
        order=bool(table.get("order")),
    )


def _moment(given: object, zone: ZoneInfo, *, ends: bool) -> int | None:
    if not isinstance(given, date):
        return None
    if not isinstance(given, datetime):
        given = datetime.combine(given + timedelta(days=1 if ends else 0), time(8))
    if given.tzinfo is None:
        given = given.replace(tzinfo=zone)
    return round(given.timestamp() * 1000)


def _setting(
    rule: str, stations: Mapping[str, Mapping[str, Any]], tables: list[dict[str, Any]]
) -> tuple[int, bool]:
    """(hold up in ms, whether it is on): a station outweighs a variable, that outweighs a kind."""
    code, _, variable, kind, _ = rule.split("/")
    station = stations[code]
    hold, enabled, weights = 0, True, []
    for table in tables:
        if table.get("type") != kind:
            continue
        if table.get("station", code) not in (code, ""):
            continue
        if table.get("kind", station.get("kind")) != station.get("kind"):
            continue
        if table.get("variable", variable) != variable:
            continue
        weight = 4 * bool(table.get("station")) + 2 * ("variable" in table) + ("kind" in table)
        weights.append((weight, table))
    for _, table in sorted(weights, key=lambda pair: pair[0]):
        enabled = bool(table.get("enabled", True))
        hold = duration(table["hold_up"]) if "hold_up" in table else hold
    return hold, enabled
