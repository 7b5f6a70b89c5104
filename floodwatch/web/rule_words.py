"""The rules of a station in words, compiled once a configuration version."""

from collections.abc import Callable
from functools import lru_cache

from floodwatch.model.district import District
from floodwatch.rules import compile_rules


def described(district: District, station: str, language: str) -> list[tuple[str, str, str]]:
    """(variable, type, words) of each rule of a station."""
    return list(_all(_Keyed(district), language).get(station, ()))


class _Keyed:
    """A district hashed by its version: snapshots are immutable."""

    def __init__(self, district: District) -> None:
        self.district = district

    def __hash__(self) -> int:
        return hash(self.district.version)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Keyed) and other.district is self.district


@lru_cache(maxsize=4)
def _all(keyed: _Keyed, language: str) -> dict[str, tuple[tuple[str, str, str], ...]]:
    found: dict[str, list[tuple[str, str, str]]] = {}
    for rule in compile_rules(keyed.district):
        describe: Callable[[str], str] | None = getattr(rule, "describe", None)
        text = describe(language) if describe else ""
        if text:
            found.setdefault(rule.key.station, []).append((rule.key.variable, rule.key.type, text))
    return {station: tuple(rules) for station, rules in found.items()}
