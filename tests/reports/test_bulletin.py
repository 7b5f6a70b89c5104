"""The 08:00 report from stored readings, in the customary wording."""

from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import insert

from floodwatch.config.live import Configuration
from floodwatch.model.clock import DAY, HOUR
from floodwatch.model.district import District
from floodwatch.model.errors import Refused
from floodwatch.reports.bulletin import text
from floodwatch.reports.gather import facts, latest_day
from floodwatch.store import tables
from tests.pipeline.town import START, Town

TODAY = date(2026, 6, 18)


def district(town: Town) -> District:
    return Configuration(town.database).current()


def report(town: Town, day: date = TODAY) -> str:
    return text(facts(town.database, district(town), day, now=START))


def test_rain_is_that_of_the_day_that_ends_at_eight(town: Town) -> None:
    said = report(town)
    assert "17日8时至18日8时，全区面平均雨量96.0毫米" in said
    assert "最大1小时雨量24.0毫米（示范雨量，18日04:00至05:00）" in said
    assert "1站≥50毫米" in said
    assert "≥100毫米" not in said


def test_the_reservoir_is_held_against_its_weir_and_the_day_before(town: Town) -> None:
    assert "示范水库水位95.50米，涨1.00米（超溢洪0.30米）" in report(town)
    assert "其中1座超汛限或溢洪" in report(town)


def test_the_day_before_was_quiet(town: Town) -> None:
    said = report(town, date(2026, 6, 17))
    assert "全区无雨" in said
    assert "均在汛限水位以下" in said
    assert "1处内涝点均无积水" in said


def test_a_wet_street_is_told_with_its_depth_and_hour(town: Town) -> None:
    assert "1处积水。示范路口最深18厘米（18日07:00）" in report(town)


def test_alerts_of_the_day_and_those_that_stand_are_counted(town: Town) -> None:
    said = report(town)
    assert "24小时内告警Ⅲ级" in said
    assert "Ⅳ级1条" in said
    assert "8时未解除" in said


def test_the_response_level_stands_in_the_report_once_it_is_started(town: Town) -> None:
    assert "应急响应" not in report(town)
    with town.database.write() as tx:
        row = {
            "action": "start",
            "level": 1,
            "at": START - HOUR,
            "who": "示范值班",
            "document": "示防〔2026〕3号",
            "rev": tx.rev,
        }
        tx.connection.execute(insert(tables.response), row)
    assert "防汛应急响应Ⅳ级（示防〔2026〕3号）" in report(town)


def test_a_silent_station_is_named_with_the_time_of_its_last_reading(town: Town) -> None:
    with town.database.write() as tx:
        tx.connection.execute(
            tables.reading.delete().where(tables.reading.c.time > START - 6 * HOUR)
        )
    said = report(town)
    assert "示范水库水位94.50米（18日02:00，此后无资料）" in said
    assert "失测：示范水库、示范路口" in said


def test_a_day_that_is_not_over_is_refused(town: Town) -> None:
    with pytest.raises(Refused, match="not over before 08:00"):
        facts(town.database, district(town), date(2026, 6, 19), now=START)


@pytest.mark.parametrize(
    ("now", "day"), [(START, TODAY), (START - 1, date(2026, 6, 17)), (START + DAY - 1, TODAY)]
)
def test_the_newest_report_is_that_of_the_last_eight_o_clock(
    town: Town, now: int, day: date
) -> None:
    assert latest_day(now, district(town).tz) == day


def test_the_demonstration_says_so_in_its_first_line(town: Town) -> None:
    shown = replace(district(town), demonstration=True)
    said = text(facts(town.database, shown, TODAY, now=START))
    assert said.splitlines()[0].endswith("（示范数据 · 非真实）")
