"""Rules that watch others: judged after them, in the same transaction, and again when they end."""

import pytest

from floodwatch.model.batch import Batch
from floodwatch.model.errors import ConfigError
from floodwatch.model.reading import RawReading
from tests.pipeline.town import GAUGE, RESERVOIR, Town

ARMED = """
[[rule]]
type = "composite"
station = "61990001"
parameters = {label = "雨后涨水", severity = "II", conditions = [
  {station = "61990051", type = "rainfall", variable = "rainfall", within_min = 60},
  {type = "level", variable = "stage"},
]}
"""
TOP = """
[[rule]]
type = "composite"
station = "61990051"
parameters = {match = "any", severity = "I", conditions = [
  {station = "61990001", type = "composite", variable = "rainfall", direction = "none"},
  {station = "61990011", type = "level", variable = "ponding_depth", severity = "III"},
]}
"""


def armed(town: Town, *more: str) -> Town:
    added = "".join((ARMED, *more))
    town.configure(
        "thresholds.toml",
        '\n[[rule]]\nkind = "reservoir"',
        added + '\n[[rule]]\nkind = "reservoir"',
    )
    town.ticker.tick()
    return town


def firing(town: Town) -> set[tuple[object, object, object]]:
    return {(row["station"], row["type"], row["severity"]) for row in town.alerts()}


def composites(town: Town) -> set[object]:
    return {row["station"] for row in town.alerts() if row["type"] == "composite"}


def test_one_condition_alone_is_not_enough(town: Town) -> None:
    armed(town)
    town.stage(95.30)
    assert firing(town) == {(RESERVOIR, "level", 1)}


def test_what_both_rules_find_in_one_batch_is_seen_in_the_same_transaction(town: Town) -> None:
    armed(town)
    now = town.clock.wall()
    both = (RawReading(RESERVOIR, "stage", now, 95.30), RawReading(GAUGE, "rainfall", now, 60.0))
    town.send(Batch("test", both))
    assert firing(town) == {
        (RESERVOIR, "level", 1),
        (GAUGE, "rainfall", 2),
        (RESERVOIR, "composite", 3),
    }
    [row] = [row for row in town.alerts() if row["type"] == "composite"]
    assert row["facts"]["zh"] == "雨后涨水：示范雨量雨量、水位"  # type: ignore[index]
    assert row["label"] == "雨后涨水"


def test_rain_arms_the_check_for_an_hour_after_its_alert(town: Town) -> None:
    armed(town)
    town.say(GAUGE, "rainfall", 60.0)
    town.wait(60, step=5)
    town.say(GAUGE, "rainfall", 0.0)
    town.wait(40, step=5)  # the rain leaves its window after 60 min, its alert ends 30 min later
    assert firing(town) == set()
    town.wait(30, step=5)
    town.stage(95.30)
    assert composites(town) == {RESERVOIR}


def test_after_its_window_nothing_is_armed_and_the_tick_says_so(town: Town) -> None:
    armed(town)
    town.say(GAUGE, "rainfall", 60.0)
    town.wait(60, step=5)
    town.say(GAUGE, "rainfall", 0.0)
    town.wait(40, step=5)
    town.stage(95.30)
    assert composites(town) == {RESERVOIR}
    town.wait(65, step=5)
    assert composites(town) == set()
    town.stage(95.31)
    assert composites(town) == set()


def test_a_milder_alert_than_asked_for_does_not_count(town: Town) -> None:
    armed(town)
    town.configure("thresholds.toml", '{type = "level"', '{severity = "II", type = "level"')
    town.say(GAUGE, "rainfall", 60.0)
    town.stage(95.30)
    assert composites(town) == set()
    town.stage(96.90, at=town.clock.wall() + 60_000)
    assert composites(town) == {RESERVOIR}


def test_what_was_grave_within_the_hour_counts_though_it_has_eased_since(town: Town) -> None:
    grave = '{severity = "II", within_min = 60, type = "level"'
    armed(town)
    town.configure("thresholds.toml", '{type = "level"', grave)
    town.configure("thresholds.toml", "within_min = 60},\n", "within_min = 600},\n")
    town.say(GAUGE, "rainfall", 60.0)
    town.stage(96.90)
    assert composites(town) == {RESERVOIR}
    for _ in range(8):  # half an hour below design: II becomes IV
        town.wait(5)
        town.stage(95.30)
    assert (RESERVOIR, "level", 1) in firing(town)
    assert composites(town) == {RESERVOIR}
    for _ in range(13):
        town.wait(5)
        town.stage(95.30)
    assert composites(town) == set()


def test_a_rule_that_watches_a_watcher_comes_after_it(town: Town) -> None:
    armed(town, TOP)
    town.say(GAUGE, "rainfall", 60.0)
    town.stage(95.30)
    assert composites(town) == {RESERVOIR, GAUGE}


def test_any_one_of_its_conditions_is_enough_for_any(town: Town) -> None:
    armed(town, TOP)
    town.say("61990011", "ponding_depth", 1478 - 100)
    assert composites(town) == {GAUGE}


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('type = "level", variable', 'type = "rate", variable', "there is no rule"),
        ('station = "61990051", type', 'station = "61990052", type', "there is no rule"),
        ("within_min = 60", "within_min = -1", "conditions"),
        ('label = "雨后涨水"', 'match = "most"', '"all" or "any"'),
        (
            '{type = "level", variable = "stage"}',
            '{type = "composite", variable = "rainfall", direction = "none"}',
            "in a circle",
        ),
    ],
)
def test_what_cannot_be_watched_is_refused(
    sqlite_town: Town, old: str, new: str, said: str
) -> None:
    armed(sqlite_town)
    with pytest.raises(ConfigError, match=said):
        sqlite_town.configure("thresholds.toml", old, new)


def test_rules_in_a_circle_are_a_fault_of_their_own_and_the_others_go_on(sqlite_town: Town) -> None:
    from floodwatch.config.live import Configuration
    from floodwatch.model.alert import RuleKey
    from floodwatch.pipeline.plan import compile_plan
    from floodwatch.rules import composite, registry

    armed(sqlite_town)
    district = Configuration(sqlite_town.database).current()
    key = RuleKey(RESERVOIR, "1", "rainfall", "composite", "none")

    def circle(*given: object) -> list[composite.CompositeRule]:
        made = list(composite.build(*given))  # type: ignore[arg-type]
        for rule in made:
            rule.watches = (key,)
        return made

    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(registry.BUILDERS, "composite", circle)
        plan = compile_plan(district)
    assert key not in plan.rules
    assert "in a circle" in plan.unbuilt[f"{RESERVOIR}:composite"]
    assert any(rule.type == "level" for rule in plan.rules)
