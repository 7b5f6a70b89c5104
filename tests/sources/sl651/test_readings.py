"""From messages to readings: gauges, units, periods, bases, slots, and what is not believed."""

import pytest

from floodwatch.config.assemble import build
from floodwatch.model.clock import DAY, HOUR, MINUTE
from floodwatch.model.moment import iso
from floodwatch.model.reading import RawReading
from floodwatch.sources.sl651.decode import decode
from floodwatch.sources.sl651.encode import Group, Item, encode_body, encode_up
from floodwatch.sources.sl651.message import HOURLY, TIMED
from floodwatch.sources.sl651.readings import Book, Yield, book_of, readings_of
from floodwatch.sources.sl651.scan import scan
from tests.pipeline.town import FILES
from tests.sources.sl651.serving import RESERVOIR, ZONE

NOW = 1_782_900_030_000  # 2026-07-01 18:00:30 local
GAUGES = (
    '{variable = "stage"}, {variable = "rainfall", period = "1h"}, '
    '{variable = "rainfall_total"}, {variable = "battery"}, {variable = "tail_stage"}'
)


def book(sl651: str = "", gauges: str = GAUGES, kind: str = "river") -> Book:
    station = (
        f'[[station]]\ncode = "61990001"\nname = "示范站"\nkind = "{kind}"\n'
        f"gauges = [{gauges}]\n" + (f"sl651 = {sl651}\n" if sl651 else "")
    )
    texts = FILES | {"stations.toml": station, "thresholds.toml": ""}
    texts["recipients.toml"] = FILES["recipients.toml"].replace('roles = ["patrol"]\n', "")
    return book_of(build(texts))


def said(
    *items: Item,
    book: Book,
    observed: int = NOW - 30_000,
    extra: bytes = b"",
    function: int = TIMED,
) -> Yield:
    group = Group(RESERVOIR, "H", observed, items)
    body = encode_body(1, NOW, groups=[group], zone=ZONE) + extra
    (frame,) = scan(encode_up(station=RESERVOIR, function=function, body=body)).frames
    known = book.get(RESERVOIR)
    assert known
    return readings_of(decode(frame, known.dialect), book, now=NOW)


def values(found: Yield, variable: str) -> list[tuple[str, float | None]]:
    return [(iso(r.time)[11:16], r.value) for r in found.readings if r.variable == variable]


def test_elements_become_readings_of_the_gauges_that_are_there() -> None:
    found = said(("39", 23.45), ("26", 12.5), ("38", 12.4), ("27", 3.2), book=book())
    at = NOW - 30_000
    assert found.readings == (
        RawReading("61990001", "stage", at, 23.45, gauge="1", unit="m"),
        RawReading("61990001", "rainfall_total", at, 12.5, gauge="1", unit="mm"),
        RawReading("61990001", "battery", at, 12.4, gauge="1", unit="V"),
    )
    assert found.unkept == ("27 (flow@1)",)


def test_rain_carries_the_period_of_its_element() -> None:
    found = said(("1A", 4.5), ("22", 1.0), book=book())
    assert [(r.period, r.value) for r in found.readings] == [(HOUR, 4.5), (5 * MINUTE, 1.0)]


def test_a_level_is_the_depth_where_a_station_has_only_that() -> None:
    found = said(("39", 0.35), book=book("", '{variable = "ponding_depth"}', "waterlogging"))
    assert found.readings[0].variable == "ponding_depth"


def test_a_depth_that_is_had_from_a_distance_is_never_guessed_at() -> None:
    distance = '{variable = "ponding_depth", from = "distance", zero = 3.0, unit = "m"}'
    assert said(("39", 0.35), book=book("", distance, "waterlogging")).readings == ()
    told = book('{elements = {Z = "distance"}}', distance, "waterlogging")
    assert said(("39", 0.35), book=told).readings[0].variable == "distance"


def test_an_element_fills_the_gauge_it_is_told_to() -> None:
    named = book('{elements = {"39" = "stage@2:cm"}}', '{variable = "stage", gauge = "2"}')
    (reading,) = said(("39", 23.45), book=named).readings
    assert (reading.gauge, reading.unit) == ("2", "cm")


def test_zero_means_no_value_where_a_station_says_so() -> None:
    assert said(("39", 0.0), book=book()).readings[0].value == 0.0
    assert said(("39", 0.0), book=book("{zero_missing = true}")).readings[0].value is None


LEVELS = b"\xf5\xc0" + b"".join((100 + n).to_bytes(2) for n in range(12))
RAIN = b"\xf4\x60" + bytes([5, 0, 0, 0, 10, 0, 0, 0, 0, 0, 0, 255])


def test_relative_levels_need_their_base() -> None:
    hour = NOW - 30_000 - 55 * MINUTE
    assert values(said(book=book(), observed=hour, extra=LEVELS, function=HOURLY), "stage") == []
    based = said(book=book("{base = {F5 = 10.0}}"), observed=hour, extra=LEVELS, function=HOURLY)
    assert values(based, "stage")[0] == ("09:05", 11.0)
    assert values(based, "stage")[-1] == ("10:00", 11.11)


@pytest.mark.parametrize(
    ("hours", "observed"),
    [("", -55 * MINUTE), ("first", -55 * MINUTE), ("", 0), ("report", 0)],
)
def test_hourly_groups_are_placed_by_either_way_of_labelling(hours: str, observed: int) -> None:
    table = book(f'{{hours = "{hours}"}}')
    found = said(book=table, observed=NOW - 30_000 + observed, extra=RAIN, function=HOURLY)
    rain = values(found, "rainfall")
    assert rain[0] == ("09:05", 0.5)
    assert rain[4] == ("09:25", 1.0)
    assert rain[-1] == ("10:00", None)


def test_slots_that_have_not_been_yet_are_no_zeros() -> None:
    """A report in the middle of the hour fills the rest of its slots with zeros."""
    half = NOW - 30_000 - 25 * MINUTE
    found = said(book=book(), observed=half, extra=RAIN, function=HOURLY)
    assert [time for time, _ in values(found, "rainfall")][-1] == "10:00"


def test_a_level_of_the_moment_stands_before_the_slot_of_that_moment() -> None:
    hour = NOW - 30_000
    extra = b"\xf0\xf0" + bytes.fromhex("2607011705") + LEVELS
    found = said(
        ("39", 11.107), book=book("{base = {F5 = 10.0}}"), observed=hour, extra=extra,
        function=HOURLY,
    )  # fmt: skip
    assert [v for t, v in values(found, "stage") if t == "10:00"] == [11.107]


def test_a_station_whose_clock_lies_years_back_is_not_believed() -> None:
    found = said(("39", 23.45), book=book(), observed=NOW - 400 * DAY)
    assert found.readings == ()
    assert "more than a year ago" in found.problems[0]


def test_an_unknown_station_within_a_message_is_told_of() -> None:
    stranger = (
        b"\xf1\xf1" + bytes.fromhex("0061999999") + b"H\xf0\xf0" + bytes.fromhex("2607011800")
    )
    found = said(("39", 23.45), book=book(), extra=stranger + b"\x39\x23\x00\x01\x00\x00")
    assert len(found.readings) == 1
    assert found.problems == ("unknown station address 0061999999 within the message",)


def test_addresses_are_those_of_codes_and_aliases_unless_given() -> None:
    assert set(book().by_address) == {"0061990001"}
    given = book('{address = "40590235c2"}')
    assert set(given.by_address) == {"40590235C2"}
