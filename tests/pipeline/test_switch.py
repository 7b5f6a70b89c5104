"""A switch of limits by season or order calls nobody; the water does."""

import pytest

from floodwatch.model.clock import DAY, HOUR, MINUTE
from floodwatch.store import alert_log
from tests.pipeline.town import START, Town

SWITCH = START + DAY  # 19 June, 08:00 in Shanghai
SPILL = """name = "spill"
severity = "IV"
above = 95.20
clear = 95.19
"""
SEASONS = """name = "flood_limit"
severity = "IV"
above = 96.00
season = "04-01/06-18"

[[threshold]]
station = "61990001"
variable = "stage"
name = "flood_limit"
severity = "IV"
above = 95.50
season = "06-19/03-31"
"""
ORDER = """name = "flood_limit"
severity = "IV"
above = 96.00

[[threshold]]
station = "61990001"
variable = "stage"
name = "flood_limit"
severity = "IV"
above = 95.50
valid_from = 2026-06-19
valid_to = 2026-09-30
order = "示防〔2026〕1号"
"""


def go(town: Town, until: int) -> None:
    """Let time pass until then, with a reading a minute before the end."""
    town.clock.advance(until - MINUTE - town.clock.wall())
    town.stage(95.80)
    town.ticker.tick()
    town.clock.advance(MINUTE)
    town.ticker.tick()


@pytest.mark.parametrize(("limits", "why"), [(SEASONS, "season changed"), (ORDER, "dated order")])
def test_an_alert_that_only_the_switch_opened_is_for_the_screen(
    town: Town, limits: str, why: str
) -> None:
    town.configure("thresholds.toml", SPILL, limits)
    go(town, SWITCH - HOUR)
    assert town.alerts() == []
    go(town, SWITCH)
    [alert] = town.alerts()
    assert (alert["band"], alert["fired_at"]) == ("flood_limit", SWITCH)
    assert town.messages() == []
    with town.database.read() as connection:
        assert not alert_log.open_obligations(connection)
        events = alert_log.events(connection, alert["id"])  # type: ignore[arg-type]
    assert [e["text"] for e in events if e["kind"] == "fired"] == [why]
    assert any("只上屏" in str(e["text"]) for e in events if e["kind"] == "note")


def test_a_reading_after_the_switch_says_nothing_new_but_a_graver_one_is_told(town: Town) -> None:
    town.configure("thresholds.toml", SPILL, SEASONS)
    go(town, SWITCH)
    town.clock.advance(5 * MINUTE)
    town.stage(95.85)
    assert town.messages() == []
    for stage in (96.2, 96.5, 96.8):
        town.clock.advance(20 * MINUTE)
        town.stage(stage)
    assert {m["person"] for m in town.messages()} >= {"示范值班", "示范巡查"}


def test_water_that_rises_over_the_new_limit_is_told(town: Town) -> None:
    town.configure("thresholds.toml", SPILL, SEASONS)
    town.clock.advance(SWITCH - HOUR - town.clock.wall())
    town.stage(95.40)
    town.wait(120, step=20)
    town.stage(95.55)
    assert {m["person"] for m in town.messages()} == {"示范值班"}
