"""The extension of Hunan's rules."""

from floodwatch.sources.sl651.message import Dialect
from tests.sources.sl651.reports import raw_report, read

HUNAN = Dialect(hunan=True)
T0800 = "F0F02607010800"
POINTS = "FF11C0" + "00000101" + "00000102" + "00000000" * 4
LEVELS = "FF14C3" + "00042150" + "FFFFFFFF" + "00000000" * 4


def test_piezometers_are_gauges_by_the_numbers_of_their_points() -> None:
    message = read(raw_report(T0800 + POINTS + LEVELS, function=0x34), HUNAN)
    assert [(e.variable, e.gauge, e.value) for e in message.elements[1:]] == [
        ("piezometric_stage", "101", 42.15),
        ("piezometric_stage", "102", None),
    ]


def test_seepage_is_in_litres_a_second() -> None:
    body = "FF1240" + "0000020100000000" + "FF1543" + "0000123400000000"
    (_, seepage) = read(raw_report(T0800 + body, function=0x34), HUNAN).elements
    assert (seepage.variable, seepage.gauge, seepage.value, seepage.unit) == (
        "seepage",
        "201",
        1.234,
        "L/s",
    )


def test_displacements_are_kept_with_their_sign() -> None:
    body = "FF1340" + "0000030100000302" + "FF1652" + "FF00000172" + "0000000152"
    moved = read(raw_report(T0800 + body, function=0x34), HUNAN).elements[1:]
    assert [(e.variable, e.gauge, e.value) for e in moved] == [
        (None, "301", -1.72),
        (None, "302", 1.52),
    ]


def test_what_follows_the_extension_is_read() -> None:
    message = read(raw_report(T0800 + POINTS + LEVELS + "38121250", function=0x34), HUNAN)
    assert (message.elements[-1].id, message.elements[-1].value) == ("38", 12.5)


def test_an_extension_cut_short_is_a_problem() -> None:
    message = read(raw_report(T0800 + "FF14C3 00042150", function=0x34), HUNAN)
    assert [problem.fault for problem in message.problems] == ["body"]


def test_without_the_switch_they_are_private_elements() -> None:
    message = read(raw_report(T0800 + "FF112300000008", function=0x34))
    assert [(e.id, e.value) for e in message.elements] == [("FF11", 0.008)]
