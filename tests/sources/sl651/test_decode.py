"""What HEX/BCD messages say."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from floodwatch.model.clock import HOUR, MINUTE
from floodwatch.model.reading import RawReading
from floodwatch.model.unit import UNITS
from floodwatch.model.variable import VARIABLES
from floodwatch.sources.sl651.elements import KINDS
from floodwatch.sources.sl651.frame import Fault
from floodwatch.sources.sl651.message import Dialect, HourLabels, Message, Target
from tests.sources.sl651.reports import (
    COLD,
    HEARTBEAT,
    HOURLY,
    NOW,
    OBSERVED,
    PACKETS,
    PICTURE,
    STATION,
    TIMED,
    UNIFORM,
    at,
    one,
    only,
    raw_report,
    read,
    report,
    values,
)

T0800 = "F0F02607010800"


def faults(message: Message) -> list[Fault]:
    return [problem.fault for problem in message.problems]


def test_serial_send_time_and_class_are_read() -> None:
    message = read(TIMED)
    assert (message.serial, message.sent, message.station_class) == (1, NOW, "K")


def test_values_are_those_sent_and_of_the_observation_time() -> None:
    message = read(TIMED)
    assert values(message) == [("3B", 95.2), ("20", 12.5), ("26", 1234.5), ("38", 12.6)]
    assert {element.time for element in message.elements} == {OBSERVED}


def test_negative_numbers_have_an_ff_byte_in_front() -> None:
    assert values(read(COLD)) == [("39", -0.345), ("02", -12.3), ("38", 12.6)]


@pytest.mark.parametrize(
    ("digits", "value"),
    [("391A002730", 27.3), ("3611 0304", 30.4), ("2836000000419520", 0.41952), ("3808 12", 12.0)],
)
def test_the_definition_byte_decides_width_and_decimals(digits: str, value: float) -> None:
    assert only(read(raw_report(T0800 + digits))).value == value


@pytest.mark.parametrize("digits", ["FFFFFFFF", "AAAAAAAA"])
def test_all_f_and_all_a_are_no_value(digits: str) -> None:
    message = read(raw_report(T0800 + "3923" + digits))
    assert (only(message).value, message.problems) == (None, ())


def test_digits_that_are_none_are_a_problem_and_the_rest_stands() -> None:
    message = read(raw_report(T0800 + "39230001B000 38121250"))
    assert values(message) == [("39", None), ("38", 12.5)]
    assert faults(message) == [Fault.ELEMENT]


def test_a_configured_sentinel_is_no_value() -> None:
    dialect = Dialect(sentinels=frozenset({9999.999}))
    assert only(read(raw_report(T0800 + "392309999999"), dialect)).value is None


def test_zero_is_no_level_where_the_station_means_it_so() -> None:
    message = read(raw_report(T0800 + "392300000000 2019000000"), Dialect(zero_is_missing=True))
    assert values(message) == [("39", None), ("20", 0.0)]


def test_several_times_in_one_message_each_have_their_values() -> None:
    message = read(raw_report("F0F02607010700 392300010000" + T0800 + "392300010100"))
    assert [e.time for e in message.elements] == [OBSERVED - HOUR, OBSERVED]


def test_several_stations_in_one_message_each_have_their_values() -> None:
    second = "F1F1 0061990002 50 F0F02607010755 2019000010"
    message = read(raw_report(T0800 + "392300010000" + second))
    assert [(e.station, e.time) for e in message.elements] == [
        (STATION, OBSERVED),
        ("0061990002", OBSERVED - 5 * MINUTE),
    ]


def test_unknown_and_private_elements_are_kept_and_stop_nothing() -> None:
    message = read(raw_report(T0800 + "7A0829 FF11 23 00000008 FFA0110288 C155" + "00" * 10))
    found = values(message)
    assert found == [("7A", 29.0), ("FF11", 0.008), ("FFA0", 28.8), ("C1", 0.0)]
    assert all(e.variable is None for e in message.elements)


def test_an_element_becomes_what_the_station_says_it_is() -> None:
    dialect = Dialect(targets={"FF11": Target("piezometric_stage", "P1", "m")})
    element = only(read(raw_report(T0800 + "FF112300012345"), dialect))
    assert (element.variable, element.gauge, element.unit) == ("piezometric_stage", "P1", "m")


def test_a_private_element_with_digits_that_are_none_is_kept_without_a_problem() -> None:
    message = read(raw_report(T0800 + "FF21201A2B3C4D"))
    assert (only(message).value, only(message).raw, message.problems) == (
        None,
        bytes.fromhex("1A2B3C4D"),
        (),
    )


def test_five_minute_rain_ends_at_its_times_and_ff_is_no_value() -> None:
    rain = read(HOURLY).elements[0]
    assert (rain.variable, rain.period) == ("rainfall", 5 * MINUTE)
    assert list(rain.slots())[:6] == [
        (at("2026-07-01T07:05") + n * 5 * MINUTE, v)
        for n, v in enumerate([0.0, 0.5, 1.0, 0.0, 0.0, None])
    ]


def test_relative_levels_without_a_base_become_no_series() -> None:
    level = read(HOURLY).elements[2]
    assert (level.id, level.variable, level.value) == ("F5", None, (0.49,) * 11 + (None,))


def test_relative_levels_stand_on_their_base() -> None:
    level = read(HOURLY, Dialect(bases={1: 10.0})).elements[2]
    assert (level.variable, level.value) == ("stage", (10.49,) * 11 + (None,))


def test_the_second_level_of_a_pumping_station_is_the_tail() -> None:
    body = T0800 + "F6C0" + "0064" * 12
    element = only(read(raw_report(body, letter="44"), Dialect(bases={2: 20.0})))
    assert (element.variable, element.gauge) == ("tail_stage", "1")


def test_an_hour_of_values_has_its_size_whatever_the_definition_byte_says() -> None:
    message = read(raw_report("F0F02607010705 F55C" + "0064" * 12 + "38121250"))
    assert [element.id for element in message.elements] == ["F5", "38"]


def test_an_hour_labelled_with_the_report_is_the_clock_hour_of_the_report() -> None:
    rain = only(read(raw_report(T0800 + "F460" + "01" * 12)))
    assert [time for time, _ in rain.slots()] == [
        OBSERVED - HOUR + n * 5 * MINUTE for n in range(1, 13)
    ]


def test_slots_after_the_report_have_not_been_whatever_they_hold() -> None:
    body = "F0F02607010830 F460" + "01" * 6 + "00" * 6
    rain = only(read(raw_report(body, sent="260701083004")))
    assert list(rain.slots())[5:7] == [
        (at("2026-07-01T08:30"), 0.1),
        (at("2026-07-01T08:35"), None),
    ]


def test_how_an_hour_is_labelled_can_be_set() -> None:
    dialect = Dialect(hour_labels=HourLabels.FIRST)
    rain = only(read(raw_report(T0800 + "F460" + "01" * 12), dialect))
    assert rain.time == OBSERVED


def test_a_uniform_group_has_a_value_each_step_from_the_first() -> None:
    step, level = read(UNIFORM).elements
    assert (step.value, level.value, level.step) == (
        "000005",
        (10.49, None, 10.5),
        5 * MINUTE,
    )
    assert level.time == OBSERVED


def test_several_hours_of_rain_answer_a_query() -> None:
    body = "F0F02607010705 0418000000 F460" + "00" * 12 + "05" * 12
    rain = read(raw_report(body, function=0x38)).elements[1]
    assert list(rain.slots())[12] == (at("2026-07-01T08:05"), 0.5)


def test_several_elements_in_a_uniform_group_stand_row_by_row_where_only_that_fits() -> None:
    rows = "000005 00010490 000010 00010510 000015 00010520 FFFFFF FFFFFFFF"
    message = read(raw_report(T0800 + "0418000005 2219 3923" + rows, function=0x31))
    _, rain, level = message.elements
    assert (rain.value, level.value) == ((0.5, 1.0, 1.5, None), (10.49, 10.51, 10.52, None))
    assert message.problems == ()


@pytest.mark.parametrize(("letter", "told"), [("48", "H"), ("", ""), ("61", "a")])
def test_the_class_of_a_station_may_be_its_own_or_left_out(letter: str, told: str) -> None:
    message = read(raw_report(T0800 + "38121250", letter=letter))
    assert (message.station_class, values(message)) == (told, [("38", 12.5)])


def test_a_uniform_group_without_a_step_has_no_times_but_a_problem() -> None:
    message = read(raw_report(T0800 + "0418000000 3923 00010490 00010490", function=0x31))
    assert faults(message) == [Fault.TIME]
    assert list(message.elements[1].slots()) == []


def test_a_duration_is_hours_and_minutes_not_decimal_hours() -> None:
    element = only(read(raw_report(T0800 + "05120215")))
    assert (element.value, element.text) == (2.15, "2小时15分")


@pytest.mark.parametrize(
    ("digits", "value", "text"),
    [("0044400", 0.0, "关闭"), ("0099900", None, "全开"), ("0000150", 1.5, "")],
)
def test_gate_heights_that_are_codes(digits: str, value: float | None, text: str) -> None:
    element = only(read(raw_report(T0800 + "0922" + digits.rjust(8, "0"))))
    assert (element.value, element.text) == (value, text)


def test_a_gate_height_is_of_the_gate_numbered_before_it() -> None:
    message = read(raw_report(T0800 + "0A10 0003 0922 00000150"))
    assert (message.elements[1].variable, message.elements[1].gauge) == ("gate_opening", "3")


def test_status_bits_are_told_in_words_with_the_inverted_ones() -> None:
    element = only(read(raw_report(T0800 + "4520 00000483")))
    assert (element.value, element.text) == (0x483, "交流停电、蓄电池电压低")
    pumping = only(read(raw_report(T0800 + "4520 00000080")))
    assert pumping.text == "水泵工作"


def test_a_dry_well_has_no_depth() -> None:
    element = only(read(raw_report(T0800 + "0E1A 044400")))
    assert (element.value, element.text) == (None, "干井")


def test_manual_text_is_the_rest_of_the_body() -> None:
    body = bytes.fromhex("0001260701080005F2F2") + "Z 10.2 晴".encode("gb18030")
    from floodwatch.sources.sl651.encode import encode_up

    element = only(read(encode_up(station=STATION, function=0x35, body=body)))
    assert (element.id, element.value) == ("F2", "Z 10.2 晴")


def test_velocities_are_kept_as_they_are() -> None:
    element = only(read(raw_report(T0800 + "FDF6 0102030405")))
    assert (element.id, element.raw.hex()) == ("FDF6", "0102030405")


def test_the_first_packet_of_a_picture_holds_its_beginning() -> None:
    message = read(PACKETS[0])
    element = only(message)
    assert (message.serial, element.id) == (5, "F3")
    assert PICTURE.startswith(element.raw)


def test_later_packets_have_no_serial_and_no_elements() -> None:
    message = read(PACKETS[1])
    assert (message.serial, message.elements, message.rest) == (None, (), one(PACKETS[1]).body)


def test_a_heartbeat_has_serial_and_time_and_nothing_else() -> None:
    message = read(HEARTBEAT)
    assert (message.serial, message.sent, message.elements, message.problems) == (1, NOW, (), ())


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        (T0800 + "3923 0001", Fault.BODY),
        (T0800 + "39", Fault.BODY),
        (T0800 + "FF", Fault.BODY),
        (T0800 + "F460 0000", Fault.BODY),
        ("F0F0 2607", Fault.BODY),
        (T0800 + "F1F1 0061", Fault.BODY),
        ("F0F0 2613010800 38121250", Fault.TIME),
        ("F0F0 26FF010800 38121250", Fault.TIME),
        (T0800 + "0410 0005", Fault.ELEMENT),
        (T0800 + "0000", Fault.ELEMENT),
    ],
)
def test_a_body_out_of_order_is_a_problem_and_never_raises(body: str, fault: Fault) -> None:
    assert fault in faults(read(raw_report(body)))


def test_what_is_left_of_a_body_cut_short_is_kept() -> None:
    message = read(raw_report(T0800 + "38121250 3923 0001"))
    assert (values(message), message.rest.hex()) == ([("38", 12.5)], "39230001")


def test_midnight_may_be_written_as_24_hours() -> None:
    element = only(read(raw_report("F0F02607012400 38121250")))
    assert element.time == at("2026-07-02T00:00")


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.ident)
def test_every_element_of_the_table_is_written_and_read_alike(kind: object) -> None:
    from floodwatch.sources.sl651.elements import Kind

    assert isinstance(kind, Kind)
    value = float(10 ** (kind.digits - kind.decimals) // 2 or 0)
    if kind.ident in ("ZT", "GH", "H"):
        value = 3.0
    element = only(read(report([(kind.ident, value)])))
    assert element.id == f"{kind.lead:02X}"
    assert math.isclose(element.value if isinstance(element.value, float) else -1, value)


@pytest.mark.parametrize(
    "kind", [k for k in KINDS.values() if k.variable], ids=lambda kind: kind.ident
)
def test_what_becomes_a_series_has_a_unit_that_is_known(kind: object) -> None:
    from floodwatch.model.unit import conversion
    from floodwatch.sources.sl651.elements import Kind

    assert isinstance(kind, Kind)
    assert kind.variable in VARIABLES
    assert conversion(str(kind.variable), kind.unit)
    assert kind.unit in UNITS


def test_no_two_elements_become_the_same_series_except_the_levels_of_a_body_of_water() -> None:
    places = [
        (k.variable, k.gauge, k.period) for k in KINDS.values() if k.variable and k.ident != "ZU"
    ]
    assert len(places) == len(set(places))


def test_a_reading_can_be_made_of_every_slot() -> None:
    for element in read(HOURLY, Dialect(bases={1: 10.0})).elements:
        for time, value in element.slots():
            assert RawReading(element.station, str(element.variable), time, value)


_PIECES = ("F0F0", "F1F1", "F2F2", "F3F3", "FDF6", "F460", "F5C0", "0418", "3923", "FF11", "FF14C3")


@given(
    st.lists(st.sampled_from(_PIECES).map(bytes.fromhex) | st.binary(max_size=30), max_size=12),
    st.integers(0, 255),
    st.booleans(),
)
def test_any_bytes_in_any_order_never_raise(
    parts: list[bytes], function: int, everything: bool
) -> None:
    dialect = Dialect(hunan=everything, zero_is_missing=everything, bases={1: 1.0})
    message = read(raw_report(b"".join(parts).hex(), function=function), dialect)
    assert message.serial == 1
    for element in message.elements:
        assert len(list(element.slots())) <= 4096
