"""Records are split strictly, and a forgotten quote costs its own line."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from floodwatch.sources.csv.record import Broken, Shape, Unclosed, Unfinished, record, split

SHAPE = Shape(",", 3, frozenset({0, 1}))


@given(st.lists(st.text(st.sampled_from('ab ,"x'), max_size=6), min_size=1, max_size=5))
def test_what_the_csv_module_writes_is_read_back(fields: list[str]) -> None:
    text = io.StringIO()
    csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="").writerow(fields)
    assert split(text.getvalue(), ",") == fields


@pytest.mark.parametrize("text", ['"a"b,1', '"a""b"c,1', '"a" ,1'])
def test_text_after_a_closing_quote_is_no_record(text: str) -> None:
    with pytest.raises(Broken, match="closing quote"):
        split(text, ",")


def test_a_quote_inside_a_plain_field_is_a_character() -> None:
    assert split('5" pipe,1', ",") == ['5" pipe', "1"]


def test_a_quoted_line_end_is_taken_in_a_field_that_is_not_used() -> None:
    lines = [b'a,1,"note', b'goes on"', b"b,2,x"]
    found = record(lines, 0, SHAPE, final=True)
    assert (found.fields, found.lines) == (["a", "1", "note goes on"], 2)


def test_a_quoted_line_end_is_not_taken_in_a_field_that_is_used() -> None:
    with pytest.raises(Unclosed):
        record([b'"a', b'b",1,x'], 0, SHAPE, final=True)


def test_a_forgotten_quote_does_not_swallow_the_next_record() -> None:
    with pytest.raises(Unclosed):
        record([b'a,1,"note', b"b,2,x", b'c,3,y"'], 0, SHAPE, final=True)


def test_a_record_may_go_on_in_the_next_piece() -> None:
    with pytest.raises(Unfinished):
        record([b'a,1,"note'], 0, SHAPE, final=False)
