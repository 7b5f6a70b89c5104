"""What every way out promises, tried on each of them with a real other side."""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from floodwatch.model.notification import Message, Result, Sent
from floodwatch.model.severity import Severity
from floodwatch.notify.channels import CHANNELS
from tests.notify.rigs import LOCAL, RIGS, Mood, Rig

TEXT = "【内部告警Ⅱ】18日04:25 示范石桥水库水位104.77米，超设计洪水位0.02米，请立即上坝。收到回1"
SLOTS = {
    "place": "示范石桥水库",
    "value": "水位104.77米",
    "limit": "超设计洪水位0.02米",
    "action": "立即上坝",
    "code": "12",
}
HOSTILE = "甲\r\nBcc: x@example.org\x00\x1b[31m\u202e乙\u2028丙"
FORBIDDEN = frozenset("\r\x00\x1b\u202e\u2028")
REMOTE = [name for name in RIGS if name not in LOCAL]

Make = Callable[..., Rig]


def message(rig: Rig, **changes: object) -> Message:
    found = Message(
        key="12-1-示范丙三-0",
        address=rig.address,
        person="示范丙三",
        subject=TEXT,
        body=TEXT,
        severity=Severity.II,
        at=1_781_727_900_000,
        kind="fired",
        slots=SLOTS,
        alert_id=12,
    )
    return replace(found, **changes)


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Make]:
    with ExitStack() as stack:

        def build(name: str, mood: Mood, seconds: float = 5.0) -> Rig:
            folder = tmp_path / f"{name}{mood.value.replace(' ', '')}"
            folder.mkdir()
            rig: Rig = stack.enter_context(RIGS[name](mood, seconds, folder))
            return rig

        yield build


def send(rig: Rig, given: Message) -> Result:
    """Send in a thread that is given up long after the channel's own limit."""
    found: list[Result] = []
    thread = threading.Thread(target=lambda: found.append(rig.channel.send(given)), daemon=True)
    thread.start()
    thread.join(rig.channel.timeout + 20)
    assert found, "the channel has not come back, or has raised"
    return found[0]


def test_every_channel_is_tried() -> None:
    assert set(RIGS) == {*CHANNELS, "inbox"}


@pytest.mark.parametrize("name", RIGS)
def test_what_is_taken_is_accepted_and_arrives_whole(name: str, make: Make) -> None:
    rig = make(name, Mood.ACCEPTS)
    assert send(rig, message(rig)).sent is Sent.ACCEPTED
    if name != "log" and not rig.more.get("wordless"):
        (taken,) = rig.taken()
        for piece in ("示范石桥水库", "水位104.77米", "超设计洪水位0.02米", "立即上坝"):
            assert piece in taken.text


@pytest.mark.parametrize("name", [n for n in REMOTE if n != "apprise"])
def test_a_refusal_for_now_is_tried_again(name: str, make: Make) -> None:
    rig = make(name, Mood.LATER)
    assert send(rig, message(rig)).sent is Sent.RETRY


@pytest.mark.parametrize("name", REMOTE)
def test_a_refusal_for_good_is_permanent_and_says_why(name: str, make: Make) -> None:
    rig = make(name, Mood.NEVER)
    result = send(rig, message(rig))
    assert (result.sent, bool(result.detail)) == (Sent.PERMANENT, True)


@pytest.mark.parametrize("name", [n for n in REMOTE if n != "sms_gammu"])
def test_a_line_cut_after_the_message_leaves_the_outcome_unknown(name: str, make: Make) -> None:
    rig = make(name, Mood.CUTS)
    assert send(rig, message(rig)).sent is Sent.UNKNOWN


@pytest.mark.parametrize("name", REMOTE)
def test_another_side_that_says_nothing_is_left_and_the_outcome_unknown(
    name: str, make: Make
) -> None:
    rig = make(name, Mood.HANGS, 1.0)
    assert send(rig, message(rig)).sent is Sent.UNKNOWN


@pytest.mark.parametrize("name", [n for n in REMOTE if n != "apprise"])
def test_nobody_there_is_tried_again_without_doubt(name: str, make: Make) -> None:
    rig = make(name, Mood.AWAY, 2.0)
    assert send(rig, message(rig)).sent is Sent.RETRY


@pytest.mark.parametrize("name", [n for n in RIGS if n not in ("log", "apprise")])
def test_a_repeat_carries_the_key_of_the_first(name: str, make: Make) -> None:
    rig = make(name, Mood.ACCEPTS)
    for given in (message(rig), message(rig, attempt=2), message(rig, key="another")):
        send(rig, given)
    keys = [one.key for one in rig.taken()]
    assert keys[0]
    assert keys[-1] != keys[0] or name == "sms_gammu"
    assert len(set(keys)) == 2


def test_a_repeat_by_modem_makes_no_second_message(make: Make) -> None:
    rig = make("sms_gammu", Mood.ACCEPTS)
    for attempt in (1, 2, 3):
        assert send(rig, message(rig, attempt=attempt)).sent is Sent.ACCEPTED
    assert len(rig.taken()) == 1


@pytest.mark.parametrize("name", REMOTE)
def test_controls_and_line_breaks_are_harmless(name: str, make: Make) -> None:
    rig = make(name, Mood.ACCEPTS)
    slots = SLOTS | {"place": HOSTILE}
    given = message(rig, subject=HOSTILE, body=HOSTILE, person=HOSTILE, slots=slots)
    assert send(rig, given).sent is Sent.ACCEPTED
    for taken in rig.taken():
        assert not FORBIDDEN & set(taken.text)


@pytest.mark.parametrize("name", [n for n in REMOTE if n.startswith(("sms_", "smtp"))])
def test_an_address_that_is_none_is_refused_for_good(name: str, make: Make) -> None:
    rig = make(name, Mood.ACCEPTS)
    result = send(rig, message(rig, address="+8610\r\nRCPT TO:<x@y.z>"))
    assert result.sent is Sent.PERMANENT
    assert rig.taken() == []


@pytest.mark.parametrize("mood", [Mood.ACCEPTS, Mood.LATER, Mood.NEVER, Mood.CUTS, Mood.AWAY])
@pytest.mark.parametrize("name", REMOTE)
def test_no_secret_stands_in_what_is_said_or_logged(
    name: str, mood: Mood, make: Make, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        rig = make(name, mood, 1.0)
        result = send(rig, message(rig))
    for secret in rig.secrets:
        assert secret not in result.detail
        assert secret not in caplog.text
