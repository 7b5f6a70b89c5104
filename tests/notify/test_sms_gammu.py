"""Text messages by modem, with the real gammu-smsd and its dummy telephone."""

import time
from pathlib import Path

import pytest

from floodwatch.model.notification import Incoming, Message, Sent
from floodwatch.notify.channels.sms_gammu import GammuChannel
from tests.notify.gammu import Modem, daemon, folders

TEXT = "【内部告警Ⅱ】18日04:25 示范石桥水库水位104.77米，超设计洪水位0.02米，请立即上坝。收到回1"


def message(text: str = TEXT, **changes: object) -> Message:
    more = {"severity": 3, "at": 1_781_727_900_000} | changes
    return Message("12-1", "+8610000000001", "示范丙三", text, text, **more)  # type: ignore[arg-type]


def channel(modem: Modem, seconds: float = 30) -> GammuChannel:
    return GammuChannel({"smsdrc": str(modem.smsdrc), "timeout": seconds * 1_000})


def received(found: GammuChannel, many: int) -> list[Incoming]:
    for _ in range(200):
        if len(texts := found.receive()) >= many:
            return texts
        time.sleep(0.1)
    raise AssertionError(f"only {len(texts)} of {many} texts have come")


def test_the_real_daemon_sends_chinese_whole_and_takes_answers(tmp_path: Path) -> None:
    with daemon(tmp_path) as modem:
        by_modem = channel(modem)
        result = by_modem.send(message(TEXT * 2))
        assert result.sent is Sent.ACCEPTED
        assert (modem.folder / "sent" / result.provider_id).exists()
        log = modem.log()
        parts = -(-len(TEXT * 2) // 67)
        assert log.count("gammu: Unicode SMS") == parts == 2
        assert f"(total: {parts})" in log
        assert "7 bit SMS" not in log

        modem.bring("+8610000000001", "收到")
        (answer,) = received(by_modem, 1)
        assert (answer.address, answer.text) == ("+8610000000001", "收到")
        assert by_modem.receive() == [answer]  # it comes again until it is stored
        by_modem.confirm([answer.provider_id])
        assert by_modem.receive() == []


def test_graver_texts_lie_before_milder_ones(tmp_path: Path) -> None:
    modem = folders(tmp_path)
    for key, severity in (("a", 1), ("b", 4), ("c", 2), ("d", 3)):
        given = Message(key, "+8610000000001", "", TEXT, TEXT, severity, at=1_781_727_900_000)
        assert channel(modem, 0.2).send(given).sent is Sent.UNKNOWN
    names = sorted(path.name for path in (modem.folder / "outbox").iterdir())
    assert [name[3] for name in names] == ["A", "B", "C", "D"]


def test_a_text_in_the_error_folder_can_be_tried_anew(tmp_path: Path) -> None:
    modem = folders(tmp_path)
    assert channel(modem, 0.2).send(message()).sent is Sent.UNKNOWN
    (file,) = (modem.folder / "outbox").iterdir()
    file.rename(modem.folder / "error" / file.name)
    assert channel(modem, 0.2).send(message()).sent is Sent.UNKNOWN  # put anew, not yet out
    assert len(list((modem.folder / "outbox").iterdir())) == 1


@pytest.mark.parametrize(
    ("line", "instead", "said"),
    [
        ("TransmitFormat = auto", "TransmitFormat = 7bit", "question marks"),
        ("TransmitFormat = auto", "", "question marks"),
        ("OutboxFormat = detail", "OutboxFormat = unicode", "OutboxFormat"),
        ("Service = files", "Service = sql", "Service = files"),
        ("[smsd]", "[other]", "cannot be read"),
    ],
)
def test_a_daemon_that_would_spoil_texts_is_not_used(
    tmp_path: Path, line: str, instead: str, said: str
) -> None:
    modem = folders(tmp_path)
    modem.smsdrc.write_text(modem.smsdrc.read_text("utf-8").replace(line, instead), "utf-8")
    result = channel(modem).send(message())
    assert result.sent is Sent.RETRY
    assert said in result.detail
    assert channel(modem).receive() == []


def test_parts_of_a_long_answer_are_joined_and_strange_files_left(tmp_path: Path) -> None:
    modem = folders(tmp_path)
    inbox = modem.folder / "inbox"
    for part, text in enumerate(("收到，", "已上坝")):
        name = f"IN20260618_042500_00_+8610000000001_{part:02}.txt"
        (inbox / name).write_bytes(b"\xfe\xff" + text.encode("utf-16-be") + b"\0\0\0")
    (inbox / "IN20260618_042501_00_+8610000000002_00.txt").write_bytes(b"")  # being written
    (inbox / "IN20260618_042502_00_10086_00.txt").write_text("plain", "utf-8")
    (inbox / "notes.txt").write_text("x", "utf-8")
    texts = {one.address: one.text for one in channel(modem).receive()}
    assert texts == {"+8610000000001": "收到，已上坝", "10086": "plain"}
    channel(modem).confirm(["../../smsdrc", "notes"])
    assert modem.smsdrc.exists()
