"""What stations answer to commands, and what the centre writes."""

import pytest

from floodwatch.sources.sl651.encode import encode_down, encode_up
from floodwatch.sources.sl651.frame import Fault
from floodwatch.sources.sl651.message import Message
from tests.sources.sl651.reports import NOW, STATION, read


def answered(function: int, rest: str) -> Message:
    data = bytes.fromhex(f"0009260701080005F1F1{STATION}{rest}".replace(" ", ""))
    return read(encode_up(station=STATION, function=function, body=data))


def test_settings_are_read_by_their_definition_bytes() -> None:
    message = answered(0x43, "2008 01 21 08 05 2823 00010000 302B FF00000123 3812 0500")
    assert [(p.id, p.value) for p in message.parameters] == [
        ("20", 1.0),
        ("21", 5.0),
        ("28", 10.0),
        ("30", -0.123),
        ("38", 5.0),
    ]


def test_addresses_and_passwords_stay_hex() -> None:
    message = answered(0x41, "0120 05000000 0228 0011223344 0310 1234 0C08 02")
    assert [(p.id, p.value) for p in message.parameters] == [
        ("01", "05000000"),
        ("02", "0011223344"),
        ("03", "1234"),
        ("0C", 2.0),
    ]


def test_settings_cut_short_are_a_problem() -> None:
    message = answered(0x43, "2008 01 2823 0001")
    assert [problem.fault for problem in message.problems] == [Fault.BODY]
    assert message.rest.hex() == "28230001"


def test_the_software_version_is_text() -> None:
    assert answered(0x45, "05" + b"V1.0a".hex()).parameters[0].value == "V1.0a"


def test_status_is_of_the_send_time() -> None:
    (element,) = answered(0x46, "4520 00000481").elements
    assert (element.id, element.value, element.time) == ("45", 0x481, NOW)


def test_running_pumps_are_counted() -> None:
    (element,) = answered(0x4C, "01 05").elements
    assert (element.variable, element.value, element.time) == ("pumps_running", 2.0, NOW)


def test_gates_have_an_opening_each_in_cm() -> None:
    message = answered(0x4E, "03 05 0150 0000 0080")
    assert [(e.gauge, e.value, e.unit) for e in message.elements] == [
        ("1", 150.0, "cm"),
        ("2", 0.0, "cm"),
        ("3", 80.0, "cm"),
    ]


def test_events_are_counted_by_their_kind() -> None:
    message = answered(0x50, "0001 0003" + "0000" * 30)
    assert [(p.text, p.value) for p in message.parameters[:2]] == [
        ("历史数据初始化", 1.0),
        ("参数变更", 3.0),
    ]


@pytest.mark.parametrize("function", [0x47, 0x48, 0x4A, 0x51])
def test_bare_answers_have_nothing_more(function: int) -> None:
    message = answered(function, "")
    assert (message.serial, message.elements, message.rest, message.problems) == (9, (), b"", ())


@pytest.mark.parametrize("function", [*range(0x2F, 0x52), *range(0xE0, 0x100)])
def test_every_function_code_is_read_without_raising(function: int) -> None:
    for rest in ("", "00", "FF", "4520", "03 05 01", "F0F02607010800 38121250"):
        assert answered(function, rest).serial == 9


def test_functions_of_users_are_read_as_reports() -> None:
    message = answered(0xE1, "48 F0F02607010800 38121250")
    assert [(e.id, e.value) for e in message.elements] == [("38", 12.5)]


def test_a_query_keeps_what_it_asks_for() -> None:
    body = bytes.fromhex("0000260701080005 26070107 26070108 0418000005 F460")
    message = read(encode_down(station=STATION, function=0x38, body=body))
    assert (message.serial, message.rest.hex().upper()) == (0, "26070107260701080418000005F460")


def test_a_setting_that_is_written_is_read() -> None:
    body = bytes.fromhex("0000260701080005 2008 06")
    message = read(encode_down(station=STATION, function=0x42, body=body))
    assert [(p.id, p.value) for p in message.parameters] == [("20", 6.0)]


def test_a_reply_without_a_body_is_read() -> None:
    message = read(encode_down(station=STATION, function=0x32, body=b""))
    assert (message.serial, message.problems) == (None, ())
