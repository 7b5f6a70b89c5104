"""Who a name in a route is at a moment."""

from dataclasses import replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from floodwatch.model.clock import HOUR, MINUTE
from floodwatch.model.district import District
from floodwatch.model.people import Shift
from floodwatch.notify import roster
from tests.notify.village import DAM, PEOPLE, STATIONS, VILLAGE, district

TZ = ZoneInfo("Asia/Shanghai")
NIGHT = Shift("夜班", ("示范值班员甲",), 17 * HOUR + 30 * MINUTE, 8 * HOUR)
DAY = Shift("日班", ("示范丙四",), 8 * HOUR, 17 * HOUR + 30 * MINUTE)


def at(text: str) -> int:
    return round(datetime.fromisoformat(f"2026-06-{text}").replace(tzinfo=TZ).timestamp() * 1000)


def names(found: District, *given: str, now: int | None) -> list[tuple[str, bool]]:
    people = roster.resolved(found, given, station=STATIONS[DAM], now=now)
    return [(named.person.name, named.on_duty) for named in people]


@pytest.mark.parametrize(
    ("when", "who"),
    [
        ("18T17:29:59", "示范丙四"),
        ("18T17:30", "示范值班员甲"),
        ("18T23:59", "示范值班员甲"),
        ("19T00:00", "示范值班员甲"),
        ("19T07:59:59", "示范值班员甲"),
        ("19T08:00", "示范丙四"),
    ],
)
def test_whoever_is_on_shift_is_on_duty(when: str, who: str) -> None:
    found = district(shifts=(NIGHT, DAY))
    assert names(found, "@duty", now=at(when)) == [(who, True)]


def test_a_shift_may_be_for_some_days_of_the_week() -> None:
    weekend = replace(DAY, days=(5, 6))
    found = district(shifts=(weekend,))
    assert roster.on_shift(found, now=at("20T09:00")) == ["示范丙四"]  # a Saturday
    assert roster.on_shift(found, now=at("19T09:00")) == []


def test_a_night_shift_belongs_to_the_day_on_which_it_begins() -> None:
    found = district(shifts=(replace(NIGHT, days=(4,)),))  # Friday
    assert roster.on_shift(found, now=at("20T02:00")) == ["示范值班员甲"]
    assert roster.on_shift(found, now=at("19T02:00")) == []


def test_a_holiday_has_its_own_shift() -> None:
    usual, festive = replace(DAY, holiday=False), replace(DAY, people=("示范丙三",), holiday=True)
    found = district(shifts=(usual, festive), holidays=frozenset({date(2026, 6, 19)}))
    assert roster.on_shift(found, now=at("19T09:00")) == ["示范丙三"]
    assert roster.on_shift(found, now=at("20T09:00")) == ["示范丙四"]


def test_nobody_on_shift_is_the_leaders_matter() -> None:
    found = district(shifts=(DAY,))
    assert names(found, "@duty", now=at("18T03:00")) == [("示范带班领导丙", True)]


def test_a_group_and_a_shift_by_its_name() -> None:
    found = district(shifts=(NIGHT, DAY), groups={"街道": ("示范站前街道", "示范外宾")})
    assert names(found, "@街道", now=at("18T03:00")) == [
        ("示范站前街道", False),
        ("示范外宾", False),
    ]
    assert names(found, "@夜班", now=at("18T03:00")) == [("示范值班员甲", True)]


def test_who_is_on_leave_is_replaced_by_the_deputy_then_the_leader_never_by_nobody() -> None:
    def gone(name: str) -> dict[str, object]:
        return {name: replace(PEOPLE[name], away=((at("18T08:00"), at("20T08:00")),))}

    now = at("19T03:00")
    assert names(replace(VILLAGE, people=PEOPLE | gone("示范丙三")), "示范丙三", now=now) == [
        ("示范丙四", False)
    ]
    both = PEOPLE | gone("示范丙三") | gone("示范丙四")
    assert names(replace(VILLAGE, people=both), "示范丙三", now=now)[0][0] == "示范带班领导丙"
    all_three = both | gone("示范带班领导丙")
    assert names(replace(VILLAGE, people=all_three), "示范丙三", now=now)[0][0] == "示范丙三"
    assert (
        names(replace(VILLAGE, people=all_three), "示范丙三", now=at("20T08:00"))[0][0]
        == "示范丙三"
    )


def test_deputies_of_each_other_do_not_go_round_for_ever() -> None:
    people = PEOPLE | {"示范丙四": replace(PEOPLE["示范丙四"], deputy="示范丙三")}
    found = roster.stand_in(
        replace(VILLAGE, people=people),
        "示范丙三",
        station=None,
        now=0,
        not_these=["示范丙四"],
    )
    assert found is not None
    assert found.name == "示范带班领导丙"


def test_the_next_morning() -> None:
    assert roster.next_at(VILLAGE, 7 * HOUR, now=at("18T06:59")) == at("18T07:00")
    assert roster.next_at(VILLAGE, 7 * HOUR, now=at("18T07:00")) == at("19T07:00")


def test_in_the_place_of_whoever_has_gone_home_the_next_shift_is_asked() -> None:
    here = district(shifts=(NIGHT, DAY))

    def asked(name: str, when: str) -> str:
        found = roster.stand_in(here, name, station=None, now=at(when))
        return found.name if found else ""

    assert asked("示范值班员甲", "19T07:30") == "示范带班领导丙"
    assert asked("示范值班员甲", "19T09:00") == "示范丙四"
    assert asked("示范丙一", "19T09:00") == "示范带班领导丙"  # sits in no shift
    assert asked("示范丙三", "19T20:00") == "示范丙四"  # the deputy, as ever
