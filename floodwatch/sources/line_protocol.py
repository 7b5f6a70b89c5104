"""InfluxDB line protocol into points: one refusal a bad line, its neighbours untouched. Pure."""

import re
from collections.abc import Iterator
from typing import NamedTuple

Value = float | int | str | bool

# Tokens end at what separates them; a backslash hides a separator and is itself anywhere else.
# All repetitions are possessive: a line costs its length, whatever stands in it.
_NAME = r"(?:\\[ ,]|[^ ,\x00-\x1f\x7f])++"
_KEY = r"(?:\\[ ,=]|[^ ,=\x00-\x1f\x7f])++"
_TEXT = r'"(?:\\[\\"nrt]|[^"])*+"'
_FIELD = rf'{_KEY}=(?:{_TEXT}|[^ ,"\r\n][^ ,\r\n]*+)'
_END = r"(?:\r?\n|\r?\Z)"
_LINE = re.compile(
    rf"(?P<name>{_NAME})(?P<tags>(?:,{_KEY}={_KEY})*+) ++"
    rf"(?P<fields>{_FIELD}(?:,{_FIELD})*+)(?: ++(?P<time>[-\d]++))?+ *+{_END}",
    re.ASCII,
)
_COMMENT = r"#[^\x00-\x1f\x7f]*+"
_BETWEEN = re.compile(rf"(?: *+(?:{_COMMENT})?+\r?\n)*+ *+")
_LAST = re.compile(rf"(?:{_COMMENT})?+\r?\Z")
_ONE_TAG = re.compile(rf",({_KEY})=({_KEY})")
_ONE_FIELD = re.compile(rf',?({_KEY})=({_TEXT}|[^ ,"\r\n][^ ,\r\n]*+)')
_ESCAPED_NAME = re.compile(r"\\([ ,])")
_ESCAPED_KEY = re.compile(r"\\([ ,=])")
_ESCAPED_TEXT = re.compile(r'\\([\\"nrt])')
_MEANING = {"\\": "\\", '"': '"', "n": "\n", "r": "\r", "t": "\t"}
_FLOAT = re.compile(r"-?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?", re.ASCII)
_WHOLE = re.compile(r"-?\d+", re.ASCII)
_TRUE = frozenset({"t", "T", "true", "True", "TRUE"})
_FALSE = frozenset({"f", "F", "false", "False", "FALSE"})
_BROKEN = re.compile("[\udc80-\udcff]")  # bytes that were no UTF-8
_LOWEST, _HIGHEST, _UNSIGNED = -(2**63), 2**63 - 1, 2**64 - 1
_SHOWN = 60  # characters of a bad line that are repeated in its refusal


class Point(NamedTuple):
    """One line: `time` in the precision of the request, None when the sender leaves it to us."""

    line: int  # in the body, from 1
    name: str
    tags: dict[str, str]
    fields: tuple[tuple[str, Value], ...]
    time: int | None


class BadLine(NamedTuple):
    """A line that cannot be read, and why."""

    line: int
    reason: str


class _Unreadable(Exception):
    """What is wrong with a line."""


def points(body: bytes) -> Iterator[Point | BadLine]:
    """Every line of a body, in order; empty lines and comments are none."""
    try:
        text, broken = body.decode("utf-8"), False
    except UnicodeDecodeError:
        text, broken = body.decode("utf-8", "surrogateescape"), True
    place = counted = 0
    number = 1
    while True:
        place = _after_blanks(text, place)
        if _LAST.match(text, place):
            return
        number += text.count("\n", counted, place)
        counted = place
        match = _LINE.match(text, place)
        if match is None:
            end = text.find("\n", place)
            line = text[place:] if end < 0 else text[place:end]
            yield BadLine(number, _refusal(line, _why(line)))
            place = len(text) if end < 0 else end + 1
            continue
        place = match.end()
        try:
            if broken and _BROKEN.search(match[0]):
                raise _Unreadable("it is not UTF-8")
            yield _point(match, number)
        except _Unreadable as error:
            yield BadLine(number, _refusal(match[0], str(error)))


def _after_blanks(text: str, place: int) -> int:
    match = _BETWEEN.match(text, place)
    return match.end() if match else place


def _point(match: re.Match[str], number: int) -> Point:
    name, tags, fields, time = match.group("name", "tags", "fields", "time")
    if "\\" in name:
        name = _ESCAPED_NAME.sub(r"\1", name)
    return Point(number, name, _tags(tags), _fields(fields), _time(time))


def _tags(text: str) -> dict[str, str]:
    if not text:
        return {}
    pairs: list[tuple[str, str]] = _ONE_TAG.findall(text)
    if "\\" in text:
        sub = _ESCAPED_KEY.sub
        pairs = [(sub(r"\1", key), sub(r"\1", value)) for key, value in pairs]
    made = dict(pairs)
    if len(made) < len(pairs):
        raise _Unreadable("a tag stands twice")
    return made


def _fields(text: str) -> tuple[tuple[str, Value], ...]:
    pairs: list[tuple[str, str]] = _ONE_FIELD.findall(text)
    if "\\" in text:
        return tuple((_ESCAPED_KEY.sub(r"\1", key), _value(key, value)) for key, value in pairs)
    return tuple((key, _value(key, value)) for key, value in pairs)


def _value(key: str, text: str) -> Value:
    if _FLOAT.fullmatch(text):
        number = float(text)
        if number in (float("inf"), float("-inf")):
            raise _Unreadable(f"{key}={text[:40]} is too large")
        return number
    first = text[0]
    if first == '"':
        return _ESCAPED_TEXT.sub(lambda found: _MEANING[found[1]], text[1:-1])
    if text in _TRUE:
        return True
    if text in _FALSE:
        return False
    if text[-1] in "iu" and _WHOLE.fullmatch(text[:-1]):
        return _integer(key, text)
    raise _Unreadable(_not_a_value(key, text))


def _integer(key: str, text: str) -> int:
    lowest, highest = (_LOWEST, _HIGHEST) if text[-1] == "i" else (0, _UNSIGNED)
    number = int(text[:-1]) if len(text) < 40 else highest + 1
    if not lowest <= number <= highest or (lowest == 0 and text[0] == "-"):
        raise _Unreadable(f"{key}={text[:40]} is out of range")
    return number


def _not_a_value(key: str, text: str) -> str:
    if text.lower() in ("nan", "inf", "-inf", "+inf", "null", "none"):
        return f"{key}={text}: no number; leave the field out when there is no value"
    return f"{key}={text[:40]} is not a number; texts stand in double quotes"


def _time(text: str | None) -> int | None:
    if text is None:
        return None
    if not _WHOLE.fullmatch(text):
        raise _Unreadable(f"time {text[:40]!r} is not a whole number")
    time = int(text) if len(text) < 40 else _HIGHEST + 1
    if not _LOWEST <= time <= _HIGHEST:
        raise _Unreadable(f"time {text[:40]} is out of range")
    return time


def _refusal(line: str, reason: str) -> str:
    shown = line.rstrip("\r\n").encode("utf-8", "replace").decode("utf-8")
    dots = "…" if len(shown) > _SHOWN else ""
    return f"unable to parse '{shown[:_SHOWN]}{dots}': {reason}"


_HEAD = re.compile(rf"{_NAME}(?:,{_KEY}={_KEY})*+", re.ASCII)
_BODY = re.compile(rf"{_FIELD}(?:,{_FIELD})*+", re.ASCII)


def _why(line: str) -> str:
    """Why a line is none, in words of the sender's documentation."""
    if line.startswith("#"):
        return "a comment holds a control character"
    head = _HEAD.match(line)
    if head is None:
        return "missing measurement"
    rest = line[head.end() :]
    if not rest.strip():
        return "missing fields"
    if not rest.startswith(" "):
        return f"missing tag key or value at column {head.end() + 1}"
    start = head.end() + len(rest) - len(rest.lstrip(" "))
    fields = _BODY.match(line, start)
    if fields is None:
        closed = re.search(_TEXT, line[start:]) or '"' not in line[start:]
        return "invalid field format" if closed else "unbalanced quotes"
    end = fields.end()
    if line[end : end + 1] not in ("", " ", "\r"):
        return f"invalid field format at column {end + 1}"
    return f"invalid timestamp {line[end:].strip()[:40]!r}"
