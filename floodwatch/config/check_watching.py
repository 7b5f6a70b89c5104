"""Rules as they are compiled: each can be, those watched exist, nobody watches in a circle."""

from collections.abc import Iterator

from floodwatch.config.draft import Draft
from floodwatch.config.fields import nearest
from floodwatch.model.alert import RuleKey
from floodwatch.model.district import District
from floodwatch.model.errors import Problem
from floodwatch.rules import composite
from floodwatch.rules.composite import rule_of
from floodwatch.rules.order import order
from floodwatch.rules.registry import compile_rules


def _broken(draft: Draft, broken: list[tuple[str, str, str]]) -> Iterator[Problem]:
    """Rules that could not be built, at the nearest setting of their type; each error once."""
    said: set[tuple[str, str]] = set()
    for code, name, why in broken:
        entries = [entry for entry in draft.rules if entry.table.type == name]
        own = [entry for entry in entries if entry.table.station == code]
        for entry in (own or entries)[-1:]:
            if (name, why) not in said:
                said.add((name, why))
                what = f"the {name} rule of {code} cannot be built: {why}"
                yield entry.problem("parameters", what, "correct its parameters")


def check_watching(draft: Draft, district: District) -> Iterator[Problem]:
    """The rules of a district that is sound otherwise."""
    if not draft.rules:
        return
    broken: list[tuple[str, str, str]] = []
    rules = compile_rules(
        district, failed=lambda station, name, why: broken.append((station.code, name, str(why)))
    )
    yield from _broken(draft, broken)
    entries = [entry for entry in draft.rules if entry.table.type == composite.TYPE]
    if not entries:
        return
    keys = {rule.key for rule in rules}
    cyclic = order(rules).cyclic
    taken: set[RuleKey] = set()
    for entry, setting in zip(draft.rules, district.rules, strict=True):
        if setting.type != composite.TYPE:
            continue
        if not setting.station:
            yield entry.problem((), "a composite rule without a station", "give it a station")
            continue
        if not setting.parameters.get("conditions"):
            yield entry.problem("parameters", "no conditions", "add conditions = [{…}]")
            continue
        rule = rule_of(district, setting)
        if rule.key in taken:
            what = f"{rule.key.station} has two composite rules named {rule.key.gauge!r}"
            yield entry.problem("parameters", what, "give one of them another name")
        taken.add(rule.key)
        for watched in rule.watches:
            if watched not in keys:
                near = [str(k) for k in keys if k.station == watched.station]
                yield entry.problem(
                    ("parameters", "conditions"),
                    f"there is no rule {watched}",
                    nearest(str(watched), near) if near else "name a rule that exists",
                )
        if rule.key in cyclic:
            what = f"{rule.key} watches rules that watch each other in a circle"
            yield entry.problem(("parameters", "conditions"), what, "let one watch another rule")
