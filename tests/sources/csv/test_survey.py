"""Every line of a piece ends as good, blank or refused, under its own number."""

from hypothesis import given, settings
from hypothesis import strategies as st

from floodwatch.sources.csv.record import Broken, Shape, split
from floodwatch.sources.csv.stream import Piece
from floodwatch.sources.csv.survey import looks_plain, survey

SHAPE = Shape(",", 3, frozenset({0, 1, 2}))


def piece(text: str | bytes, *, first: int = 1) -> Piece:
    data = text if isinstance(text, bytes) else text.encode()
    return Piece(data, first, len(data), final=True, lines=data.count(b"\n"))


def numbers(found: object, count: int) -> list[int]:
    lines = found.lines
    return list(range(lines, lines + count)) if isinstance(lines, int) else lines.tolist()


def test_bad_lines_are_refused_and_their_neighbours_kept() -> None:
    text = b'a,1,2\n\nb,1\n"c,1,2\nd,1,2\ne\x00,1,2\nf,"1",2\n' + b"g" * 70_000 + b",1,2\nh,1,2\n"
    found = survey(piece(text, first=2), SHAPE)
    assert {r.line: r.reason for r in found.refused} == {
        4: "2 fields instead of 3",
        5: "unclosed quote",
        7: "NUL byte in the line",
        9: "line longer than 64 kB",
    }
    assert found.blank == 1
    assert found.data == b'a,1,2\nd,1,2\nf,"1",2\nh,1,2\n'
    assert numbers(found, 4) == [2, 6, 8, 10]


def test_thirty_fields_in_a_file_of_three_are_refused() -> None:
    found = survey(piece("a,1,2\n" + ",".join("x" * 30) + "\nb,1,2\n"), SHAPE)
    assert [r.line for r in found.refused] == [2]


def test_windows_line_ends_are_plain_and_a_stray_return_is_not() -> None:
    assert looks_plain(piece("a,1,2\r\nb,1,2\r\n"))
    odd = piece("a,1,2\r\nb,1\r,2\r\n")
    assert not looks_plain(odd)
    assert [r.reason for r in survey(odd, SHAPE).refused] == ["carriage return inside the line"]


def test_a_delimiter_inside_quotes_separates_nothing() -> None:
    found = survey(piece('"a,b",1,2\n"c",1,2,3\n'), SHAPE)
    assert found.data == b'"a,b",1,2\n'
    assert [r.line for r in found.refused] == [2]


def test_an_undecodable_character_refuses_its_line() -> None:
    found = survey(piece("a,1,\ufffd\nb,1,2\n"), SHAPE)
    assert [(r.line, "valid" in r.reason) for r in found.refused] == [(1, True)]


LINE = st.text(st.sampled_from('ab1, "\x00\r'), max_size=8)


@settings(max_examples=300, deadline=None)
@given(st.lists(LINE, max_size=8))
def test_a_line_is_good_exactly_if_it_is_a_record_by_itself(lines: list[str]) -> None:
    text = "".join(f"{line}\n" for line in lines)
    found = survey(piece(text), SHAPE)
    good, blank = [], 0
    for number, line in enumerate(lines, 1):
        line = line.rstrip("\r")
        try:
            fit = len(split(line, ",")) == 3 and not set(line) & {"\x00", "\r"}
        except Broken:
            fit = False
        bare = not line.strip() or not line.strip(",")  # nothing, or nothing but delimiters
        fit = fit and not bare
        blank += bare
        good += [number] if fit else []
    assert numbers(found, found.data.count(b"\n"))[: len(good)] == good
    assert found.data.count(b"\n") == len(good)
    assert found.blank == blank
    assert len(good) + blank + len(found.refused) == len(lines)
