"""Line protocol: the public corpus, and what a bad line does to its neighbours."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from floodwatch.sources.line_protocol import BadLine, Point, points

CORPUS = (
    Path(__file__).parents[3] / "shared" / "samples" / "ref_influx_line_protocol" / "corpus.json"
)
NANOSECONDS = {"1ns": 1, "1µs": 1_000, "1ms": 1_000_000, "1s": 1_000_000_000}


def _bytes(given: Any) -> bytes:
    return base64.b64decode(given["binary"]) if isinstance(given, dict) else given.encode()


def _text(given: Any) -> str:
    return _bytes(given).decode("utf-8", "surrogateescape")


def _value(given: dict[str, Any]) -> Any:
    ((kind, value),) = given.items()
    if kind in ("int", "uint"):
        return int(value)
    return _text(value) if kind == "string" else value


def _decoded(case: dict[str, Any]) -> list[tuple[Any, ...]] | None:
    """Points with times in ns, None when a line cannot be read."""
    unit = NANOSECONDS[case["precision"]]
    found = []
    for point in points(_bytes(case["text"])):
        if isinstance(point, BadLine):
            return None
        time = case["defaultTime"] // unit * unit if point.time is None else point.time * unit
        if not -(2**63) <= time < 2**63:
            return None
        found.append((point.name, point.tags, point.fields, time))
    return found


def _wanted(result: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    return [
        (
            _text(each["name"]),
            {_text(tag["key"]): _text(tag["value"]) for tag in each["tags"]},
            tuple((_text(field["key"]), _value(field["value"])) for field in each["fields"]),
            each["time"],
        )
        for each in result
    ]


@pytest.mark.skipif(not CORPUS.exists(), reason="the public corpus is not here")
def test_every_case_of_the_public_corpus_is_read_or_refused_as_it_says() -> None:
    cases = json.loads(CORPUS.read_text("utf-8"))["decode"]
    wrong = [
        key
        for key, case in cases.items()
        if _decoded(case["input"])
        != (None if "error" in case["output"] else _wanted(case["output"]["result"]))
    ]
    assert len(cases) == 6615
    assert wrong == []


def read(text: str) -> list[Point | BadLine]:
    return list(points(text.encode()))


def test_a_line_is_name_tags_fields_and_time() -> None:
    assert read('a\\ b,x\\==1\\,2,y=é f=1.5,g=2i,h="t \\"q\\"",i=t 17') == [
        Point(
            1,
            "a b",
            {"x=": "1,2", "y": "é"},
            (("f", 1.5), ("g", 2), ("h", 't "q"'), ("i", True)),
            17,
        )
    ]


def test_comments_and_empty_lines_are_none_but_count_as_lines() -> None:
    (found,) = read("# a comment\r\n\r\n  a b=1\r\n#end")
    assert (found.line, found.time) == (3, None)  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        ("stage", "missing fields"),
        ("stage,station=A", "missing fields"),
        ("stage,station= value=1", "tag key or value"),
        (",station=A value=1", "missing measurement"),
        ("stage value=", "invalid field format"),
        ("stage value", "invalid field format"),
        ("stage value=1,", "invalid field format"),
        ('stage value="open', "unbalanced quotes"),
        ('stage value="a"b', "invalid field format"),
        ("stage value=NaN", "leave the field out"),
        ("stage value=inf", "leave the field out"),
        ("stage value=1_000", "not a number"),
        ("stage value=１", "not a number"),
        ("stage value=1e999", "too large"),
        ("stage value=9223372036854775808i", "out of range"),
        ("stage value=-1u", "out of range"),
        ("stage value=1 soon", "invalid timestamp"),
        ("stage value=1 1 2", "invalid timestamp"),
        ("stage value=1 99999999999999999999", "out of range"),
        ("stage,a=1,a=2 value=1", "twice"),
        ("#\tcomment", "control character"),
    ],
)
def test_a_bad_line_says_why_and_spoils_no_other(bad: str, why: str) -> None:
    first, refused, last = read(f"a b=1\n{bad}\na b=2\n")
    assert isinstance(first, Point)
    assert isinstance(refused, BadLine)
    assert isinstance(last, Point)
    assert (first.line, refused.line, last.line) == (1, 2, 3)
    assert "unable to parse" in refused.reason
    assert why in refused.reason


def test_bytes_that_are_no_utf8_spoil_their_own_line() -> None:
    refused, good = points(b"a,b=\xff c=1\na c=2")
    assert isinstance(refused, BadLine)
    assert "UTF-8" in refused.reason
    refused.reason.encode()  # it can be told
    assert isinstance(good, Point)


@pytest.mark.parametrize(
    "piece", ["a b=1,", "a,b=c", "\\ ", 'a b="', " ", "\r", "#", "a=", "9", 'a b="\\"']
)
def test_an_endless_line_costs_its_length(piece: str) -> None:
    many = 400_000 // len(piece)
    assert len(read(piece * many)) <= 1  # seconds or less, or never


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet='ab\\ ,="#\n\r1i.tT-e', max_size=60))
def test_any_text_is_read_to_its_end(text: str) -> None:
    found = read(text + "\nlast,a=b c=1 5")
    if '"' not in text:
        assert found[-1] == Point(text.count("\n") + 2, "last", {"a": "b"}, (("c", 1.0),), 5)
    lines = [each.line for each in found]
    assert lines == sorted(lines)
