"""The conversation by itself: what is answered how, what is recognised, when a clock is set."""

from collections.abc import Sequence

import pytest

from floodwatch.model.clock import HOUR, MINUTE
from floodwatch.model.telemetry import Fate
from floodwatch.sources.sl651.encode import Group, encode_body, encode_up, opening, serial_of
from floodwatch.sources.sl651.frame import Encoding, End, Frame
from floodwatch.sources.sl651.message import CLOCK_SET, TIMED
from floodwatch.sources.sl651.scan import scan
from floodwatch.sources.sl651.session import Desk, Step, damage_trace, key_of
from floodwatch.sources.sl651.settings import Sl651Table
from tests.sources.sl651.serving import RESERVOIR, ZONE, frame
from tests.sources.sl651.test_readings import NOW, book

PEER = "10.0.0.7"


def desk(sl651: str = "", **settings: object) -> Desk:
    return Desk(Sl651Table.model_validate(settings), book=book(sl651))


def heard(made: Desk, raw: bytes, *, now: int = NOW) -> Step:
    (one,) = scan(raw).frames
    return made.hear(one, PEER, now)


def answered(step: Step, *, now: int = NOW) -> Frame:
    assert step.answer
    (reply,) = scan(step.answer.encoded(now)).frames
    return reply


def test_a_reply_bears_function_serial_and_the_centres_time() -> None:
    reply = answered(heard(desk(), frame(1234, ("39", 23.45), at=NOW)))
    assert (reply.function, reply.end, serial_of(reply)) == (TIMED, End.EOT, 1234)
    assert reply.body == opening(1234, NOW, zone=ZONE)


def test_a_frame_is_recognised_only_once_its_readings_are_committed() -> None:
    made, raw = desk(), frame(1, ("39", 23.45), at=NOW)
    first, again = heard(made, raw), heard(made, raw)
    assert (first.repeated, again.repeated) == (False, False)
    assert first.key
    made.remember(first.key)
    assert heard(made, raw).repeated
    assert heard(made, raw).readings == ()


@pytest.mark.parametrize(
    "other",
    [
        frame(2, ("39", 23.45), at=NOW),
        frame(1, ("39", 23.45), at=NOW + 1000),
        frame(1, ("39", 23.46), at=NOW),
    ],
    ids=["another serial", "another send time", "another value, clock and counter standing still"],
)
def test_another_frame_is_no_repetition(other: bytes) -> None:
    made = desk()
    step = heard(made, frame(1, ("39", 23.45), at=NOW))
    assert step.key
    made.remember(step.key)
    assert not heard(made, other).repeated


def test_what_was_answered_before_a_restart_is_recognised_after_it() -> None:
    raw = frame(1, ("39", 23.45), at=NOW)
    made = desk()
    made.recall(scan(raw).frames)
    assert heard(made, raw).repeated


def test_the_memory_of_frames_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("floodwatch.sources.sl651.session.REMEMBERED", 3)
    made = desk()
    raws = [frame(n, ("39", 23.45), at=NOW) for n in range(1, 6)]
    made.recall([one for raw in raws for one in scan(raw).frames])
    assert [heard(made, raw).repeated for raw in raws] == [False, False, True, True, True]


def test_a_frame_in_ascii_is_answered_in_ascii() -> None:
    body = encode_body(
        7, NOW, groups=[Group(RESERVOIR, "H", NOW, [("Z", 6.38)])], zone=ZONE,
        encoding=Encoding.ASCII,
    )  # fmt: skip
    raw = encode_up(station=RESERVOIR, function=TIMED, body=body, encoding=Encoding.ASCII)
    step = heard(desk(), raw)
    assert [reading.value for reading in step.readings] == [6.38]
    assert step.key
    assert step.key.sent == "260701180030"
    reply = answered(step)
    assert (reply.encoding, serial_of(reply)) == (Encoding.ASCII, 7)


def test_a_refused_frame_is_traced_with_its_reason() -> None:
    step = heard(desk(centre=9), frame(1, ("39", 23.45), at=NOW))
    assert (step.answer, step.readings, step.known) == (None, (), False)
    assert step.traces[0].fate is Fate.REFUSED
    assert step.traces[0].problems == ("for centre 1",)


def test_bytes_that_are_no_frame_are_traced_with_what_their_header_claims() -> None:
    good = frame(1, ("39", 23.45), at=NOW)
    (damage,) = scan(good[:-1] + b"\x00", final=True).problems
    trace = damage_trace(damage, PEER, NOW)
    assert (trace.address, trace.station, trace.fate) == (RESERVOIR, None, Fate.REFUSED)
    assert trace.problems[0].startswith("crc: ")


def commands(made: Desk, frames: Sequence[tuple[bytes, int]]) -> list[int | None]:
    """The functions of the commands that these frames lead to."""
    found: list[int | None] = []
    for raw, now in frames:
        command = heard(made, raw, now=now).command
        found.append(scan(command).frames[0].function if command else None)
    return found


def test_clocks_are_left_alone_unless_that_is_asked_for() -> None:
    late = frame(1, ("39", 23.45), at=NOW - HOUR)
    assert commands(desk(), [(late, NOW)]) == [None]


def test_a_clock_that_is_off_is_set_and_once_more_when_it_still_is() -> None:
    made = desk(set_clock=True)
    off = [frame(n, ("39", 23.45), at=NOW - HOUR) for n in (1, 2, 3)]
    done = frame(9, function=CLOCK_SET, at=NOW - HOUR)
    assert commands(
        made,
        [
            (frame(8, ("39", 23.45), at=NOW - 4 * MINUTE), NOW),
            (off[0], NOW),
            (done, NOW + 1000),
            (done, NOW + 2000),
            (off[1], NOW + HOUR),
            (off[2], NOW + 7 * HOUR),
        ],
    ) == [None, CLOCK_SET, CLOCK_SET, None, None, CLOCK_SET]


def test_a_command_has_serial_zero_and_waits_for_its_answer() -> None:
    step = heard(desk(set_clock=True), frame(1, ("39", 23.45), at=NOW - HOUR))
    (command,) = scan(step.command).frames
    assert (command.end, serial_of(command), command.station) == (End.ENQ, 0, RESERVOIR)


def test_keys_tell_stations_apart() -> None:
    (one,) = scan(frame(1, ("39", 1.0), at=NOW)).frames
    (two,) = scan(frame(1, ("39", 1.0), at=NOW, address="0061990002")).frames
    assert key_of(one) != key_of(two)
