"""What ASCII messages say."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from floodwatch.model.clock import MINUTE
from floodwatch.sources.sl651.encode import encode_up
from floodwatch.sources.sl651.frame import Encoding, Fault
from floodwatch.sources.sl651.message import Message
from tests.sources.sl651.reports import ASCII, NOW, OBSERVED, STATION, at, only, read, values

OPENING = "0001260701080005"
PLACE = f"ST {STATION} H TT 2607010800 "


def said(text: str, function: int = 0x32) -> Message:
    body = (OPENING + text).encode("gb18030")
    return read(encode_up(station=STATION, function=function, body=body, encoding=Encoding.ASCII))


def test_serial_times_class_and_values_are_read() -> None:
    message = read(ASCII)
    assert (message.serial, message.sent, message.station_class) == (1, NOW, "H")
    assert values(message) == [("Z", 6.38), ("PJ", 12.5), ("VT", 12.5)]
    assert {element.time for element in message.elements} == {OBSERVED}


def test_identifiers_become_the_series_their_lead_bytes_become() -> None:
    assert [(e.variable, e.gauge) for e in read(ASCII).elements] == [
        ("stage", "1"),
        ("rainfall_day", "1"),
        ("battery", "1"),
    ]


def test_a_minus_is_a_minus_and_m_is_no_value() -> None:
    assert values(said(PLACE + "Z -0.345 PJ M ")) == [("Z", -0.345), ("PJ", None)]


def test_an_unknown_identifier_is_kept() -> None:
    assert values(said(PLACE + "XYZ 1.5 VT 12.5 ")) == [("XYZ", 1.5), ("VT", 12.5)]


def test_a_value_that_is_no_number_is_a_problem_and_the_rest_stands() -> None:
    message = said(PLACE + "Z 1O.5 VT 12.5 ")
    assert values(message) == [("Z", None), ("VT", 12.5)]
    assert [problem.fault for problem in message.problems] == [Fault.ELEMENT]


def test_several_elements_in_a_uniform_group_stand_row_by_row() -> None:
    message = said(PLACE + "DRN05 Z PN05 10.49 0.5 M 0.0 10.51 1.5 ", function=0x31)
    _, level, rain = message.elements
    assert (level.value, rain.value) == ((10.49, None, 10.51), (0.5, 0.0, 1.5))
    assert [time for time, _ in rain.slots()] == [OBSERVED + n * 5 * MINUTE for n in range(3)]


def test_five_minute_groups_are_hex_digits() -> None:
    place = f"ST {STATION} H TT 2607010705 "
    rain = only(said(place + "DRP 00050A0000FF000000000000 ", function=0x34))
    assert list(rain.slots())[:3] == [
        (at("2026-07-01T07:05"), 0.0),
        (at("2026-07-01T07:10"), 0.5),
        (at("2026-07-01T07:15"), 1.0),
    ]


def test_five_minute_groups_behind_the_code_for_them() -> None:
    place = f"ST {STATION} H TT 2607010705 "
    message = said(place + "DRH00 DRZ1 " + "0031" * 12 + " ", function=0x38)
    assert message.elements[1].value == (0.49,) * 12


def test_status_is_hex_digits() -> None:
    assert only(said(PLACE + "ZT 00000083 ")).value == 0x83


def test_manual_text_is_the_rest_of_the_body() -> None:
    element = only(said(" RGZS Z 10.2 晴", function=0x35))
    assert (element.id, element.value) == ("RGZS", "Z 10.2 晴")


def test_a_picture_is_the_rest_of_the_body() -> None:
    assert only(said(PLACE + "PIC JFIF  x", function=0x36)).raw == b"JFIF  x"


def test_several_stations_in_one_message_each_have_their_values() -> None:
    message = said(PLACE + "Z 1.0 ST 0061990002 P TT 2607010755 PJ 2.0 ")
    assert [(e.station, e.value) for e in message.elements] == [
        (STATION, 1.0),
        ("0061990002", 2.0),
    ]


@pytest.mark.parametrize(
    "text",
    [
        *("ST", PLACE + "TT", PLACE + "Z", "TT 99 Z 1 ", PLACE + "DRN05 "),
        *(PLACE + "ZT " + "F" * 400, PLACE + "Z " + "9" * 400),
    ],
)
def test_a_body_out_of_order_never_raises(text: str) -> None:
    assert said(text).serial == 1


_WORDS = ["ST", "TT", "2607010800", "DRN05", "DRH00", "DRP", "DRZ1", "Z", "ZT", "GN", "GH", "M"]


@given(
    st.lists(st.sampled_from(_WORDS) | st.text("0123456789.-+FMZ", max_size=400), max_size=12),
    st.sampled_from([0x31, 0x32, 0x34, 0x38, 0x41, 0x46]),
)
def test_any_words_in_any_order_never_raise(words: list[str], function: int) -> None:
    assert said(" ".join(words)[:3000] + " ", function=function).serial == 1


def test_a_body_without_serial_and_time_is_a_problem() -> None:
    frame = encode_up(station=STATION, function=0x32, body=b"hello", encoding=Encoding.ASCII)
    assert [problem.fault for problem in read(frame).problems] == [Fault.BODY]
