"""The district of the simulator: the demonstration's works and streets, with people of its own."""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import tomlkit

FOLDER = Path(__file__).parents[2] / "config"
APART = ("meter", "supply")  # kinds that no storm touches
OFFICER, LEADER, KEEPER = "示范值班员甲", "示范带班领导丙", "示范系统员"
CHANNELS = ("sms_gammu", "smtp", "webhook", "voice")
SEVERITIES = {"IV": 1, "III": 2, "II": 3, "I": 4}
RESERVOIR, CROSSING, RAIN, PUMP, LAKE, GATE, RIVER = (
    "reservoir",
    "waterlogging",
    "rain",
    "pump",
    "lake",
    "gate",
    "river",
)


@dataclass(frozen=True)
class Asked:
    """One route in the words of the judge: who is written to, by severity or because it is ours."""

    severity: str
    people: tuple[str, ...]
    roles: tuple[str, ...]
    must: bool
    within: int  # minutes
    system: bool = False


ROUTES = (
    Asked("", (OFFICER, KEEPER), (), must=True, within=5, system=True),
    Asked(
        "I",
        (OFFICER, LEADER),
        ("patrol", "technical", "administrative", "street", "police", "pump"),
        must=True,
        within=3,
    ),
    Asked("II", (OFFICER,), ("patrol", "technical", "street", "pump"), must=True, within=3),
    Asked("III", (OFFICER,), ("patrol", "pump"), must=True, within=5),
    Asked("", (OFFICER,), (), must=False, within=5),
)


@cache
def _read(name: str) -> dict[str, Any]:
    return tomllib.loads((FOLDER / name).read_text("utf-8"))


@cache
def stations() -> dict[str, dict[str, Any]]:
    """The stations by code, as their tables stand."""
    return {s["code"]: s for s in _read("stations.toml")["station"] if s["kind"] not in APART}


@cache
def thresholds() -> tuple[dict[str, Any], ...]:
    """The limits of these stations and of their kinds."""
    return tuple(t for t in _read("thresholds.toml")["threshold"] if _ours(t))


def _ours(table: dict[str, Any]) -> bool:
    if table.get("kind") in APART:
        return False
    return "station" not in table or table["station"] in stations()


class Limit(NamedTuple):
    """One limit of a gauge's value, upward."""

    name: str
    severity: int
    value: float
    open: bool  # above: the limit itself is not over it
    always: bool  # no season, no dates: it is in force whatever the day

    def met(self, value: float) -> bool:
        """Whether the value is over it."""
        return value > self.value + 1e-9 if self.open else value > self.value - 1e-9


@cache
def limits_of(code: str, variable: str, gauge: str) -> tuple[Limit, ...]:
    """The upward limits of a gauge, as its own tables and those of its kind have them."""
    station = stations()[code]
    found: dict[tuple[str, str], Limit] = {}
    for table in thresholds():  # a station's own come after those of kind and point type
        if table["variable"] != variable or str(table.get("gauge", "1")) != gauge:
            continue
        if not _fits(table, code, station) or "window" in table:
            continue
        comparator = next((c for c in ("above", "at_or_above") if c in table), None)
        if comparator is None:
            continue
        scale = {"cm": 0.01, "mm": 0.001}.get(table.get("unit", ""), 1.0)
        changing = any(key in table for key in ("season", "valid_from", "valid_to"))
        limit = Limit(
            table["name"],
            SEVERITIES[table["severity"]],
            table[comparator] * scale,
            comparator == "above",
            not changing,
        )
        found[table["name"], table.get("season", "") + str(table.get("valid_from", ""))] = limit
    return tuple(found.values())


def _fits(table: dict[str, Any], code: str, station: dict[str, Any]) -> bool:
    if "station" in table:
        return bool(table["station"] == code)
    point = table.get("point_type", "")
    return table["kind"] == station["kind"] and point in ("", station.get("point_type", ""))


@cache
def documents() -> dict[str, str]:
    """The folder of the configuration."""
    rules = [r for r in _read("thresholds.toml")["rule"] if _ours(r)]
    people = [
        {key: p[key] for key in ("name", "role", "phone", "email") if key in p}
        | ({"deputy": LEADER} if p["name"] != LEADER else {})
        for p in _read("recipients.toml")["person"]
    ]
    texts = {
        "floodwatch.toml": SERVICE,
        "stations.toml": {"station": list(stations().values())},
        "thresholds.toml": {"threshold": list(thresholds()), "rule": rules},
        "recipients.toml": {"person": people, "route": [_route(r) for r in ROUTES]},
    }
    curves = {f"curves/{path.name}": path.read_text("utf-8") for path in _curves()}
    return {name: tomlkit.dumps(table) for name, table in texts.items()} | curves


def _curves() -> list[Path]:
    return sorted((FOLDER / "curves").glob("*.csv"))


SERVICE: dict[str, Any] = {
    "service": {"name": "示范区", "url": "https://floodwatch.example.org"},
    "channels": {
        "sms_gammu": {"smsdrc": "/etc/gammu-smsdrc"},
        "smtp": {"host": "127.0.0.1", "from": "floodwatch@example.org", "security": "none"},
        "webhook": {"url": "https://hook.example.org/alerts"},
        "voice": {"url": "https://voice.example.org/calls"},
    },
}


def _route(asked: Asked) -> dict[str, Any]:
    table: dict[str, Any] = {"people": list(asked.people), "within": f"{asked.within}min"}
    if asked.roles:
        table["roles"] = list(asked.roles)
    if asked.must:
        table["must_answer"] = True
    if asked.severity:
        table["severity"] = [asked.severity]
    elif asked.system:
        table["type"] = ["system"]
    else:
        table["night"] = True
    return table


def people_of(station: str, severity: int, *, system: bool) -> set[str]:
    """Who must be written to, as the judge reads the routes."""
    for asked in ROUTES:
        if asked.system != system and asked.system:
            continue
        if asked.severity and SEVERITIES[asked.severity] != severity:
            continue
        persons = stations().get(station, {}).get("persons", {})
        named = {name for role in asked.roles for name in persons.get(role, ())}
        return {*asked.people, *named}
    raise AssertionError("the last route matches everything")
