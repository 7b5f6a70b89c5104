"""The hand-over sheet since the shift began."""

from dataclasses import replace

import pytest

from floodwatch.config.live import Configuration
from floodwatch.model.alert import CallResult
from floodwatch.model.clock import DAY, HOUR, MINUTE
from floodwatch.model.people import Shift
from floodwatch.reports import handover
from floodwatch.reports.present import shift_until
from floodwatch.store import alert_log
from tests.pipeline.town import RESERVOIR, START, Town


def sheet(town: Town, *, hours: int = 14) -> dict[str, list[str]]:
    district = Configuration(town.database).current()
    now = town.clock.wall()
    found = shift_until(town.database, district, start=now - hours * HOUR, end=now)
    assert handover.text(found, district).startswith("示范小镇值班交接单（")
    return dict(handover.parts(found, district))


def test_what_stands_is_listed_and_who_has_it(town: Town) -> None:
    [spill] = [row for row in town.alerts() if row["station"] == RESERVOIR]
    assert any("值班室未确认" in line for line in sheet(town)["未解除告警"])
    with town.database.write() as tx:
        alert_log.acknowledge(
            tx, int(str(spill["id"])), who="示范值班", note="", via="page", now=START
        )
    [line] = [each for each in sheet(town)["未解除告警"] if "示范水库" in each]
    assert line.startswith(f"#{spill['id']} Ⅳ级 示范水库溢洪")
    assert line.endswith("示范值班已接")


def test_each_transition_of_the_shift_is_named_by_its_own_limit(town: Town) -> None:
    town.clock.advance(5 * MINUTE)
    town.stage(97.0)
    lines = [line for line in sheet(town)["本班告警"] if "示范水库" in line]
    assert "示范水库溢洪 触发（Ⅳ级）" in lines[0]
    assert "示范水库设计洪水位 升级（Ⅱ级）" in lines[-1]


def test_who_has_not_answered_is_listed_with_his_number_of_matters(town: Town) -> None:
    town.clock.advance(5 * MINUTE)
    town.stage(97.0)
    assert any(line.startswith("示范巡查：#") for line in sheet(town)["未叫应"])


def test_calls_of_the_shift_are_listed_with_their_result(town: Town) -> None:
    town.clock.advance(5 * MINUTE)
    town.stage(97.0)
    with town.database.write() as tx:
        alert_log.record_call(
            tx, "示范巡查", result=CallResult.BUSY, officer="示范值班", now=town.clock.wall()
        )
    assert any("示范值班→示范巡查：占线" in line for line in sheet(town)["本班电话"])


def test_what_happened_before_the_shift_is_not_in_it(town: Town) -> None:
    town.clock.advance(DAY)
    assert sheet(town, hours=1)["本班告警"] == []


def test_a_station_that_fell_silent_is_named(town: Town) -> None:
    assert sheet(town)["失测站点"] == []
    town.clock.advance(5 * HOUR)
    town.ticker.tick()
    assert "示范水库" in sheet(town)["失测站点"][0]


@pytest.mark.parametrize(
    ("now", "begun"),
    [
        (START, START),
        (START - 1, START - 14 * HOUR - 30 * MINUTE),
        (START + 9 * HOUR + 30 * MINUTE, START + 9 * HOUR + 30 * MINUTE),
        (START + 20 * HOUR, START + 9 * HOUR + 30 * MINUTE),
    ],
)
def test_a_shift_begins_at_eight_or_half_past_five(town: Town, now: int, begun: int) -> None:
    assert handover.began(now, Configuration(town.database).current()) == begun


def test_the_district_own_shifts_come_before_the_usual_hours(town: Town) -> None:
    district = Configuration(town.database).current()
    night = Shift("夜班", ("示范值班",), start=20 * HOUR, end=8 * HOUR)
    holiday = Shift("节日班", ("示范值班",), start=6 * HOUR, end=20 * HOUR, holiday=True)
    own = replace(district, shifts=(night, holiday))
    assert handover.began(START, own) == START - 12 * HOUR  # 20:00 of the evening before
    assert handover.began(START + 12 * HOUR, own) == START + 12 * HOUR
