"""Text messages by SMPP against a message centre of our own."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from floodwatch.model.notification import Message, Sent
from floodwatch.notify.channels.sms_smpp import PASSWORD, ReceiptingSmppChannel, SmppChannel, make
from tests.notify.smsc import Centre, centre

TEXT = "【内部告警Ⅱ】18日04:25 示范石桥水库水位104.77米，超设计洪水位0.02米，请立即上坝。收到回1"


@pytest.fixture
def smsc() -> Iterator[Centre]:
    with centre("geheim") as found:
        yield found


@pytest.fixture
def channel(smsc: Centre) -> Iterator[ReceiptingSmppChannel]:
    found = made(smsc)
    yield found
    found.close()


def made(smsc: Centre, **settings: Any) -> Any:
    table = {"host": "127.0.0.1", "port": smsc.port, "system_id": "floodwatch", "timeout": 5_000}
    return make(table | settings, environment={PASSWORD: "geheim"})


def message(text: str = TEXT, key: str = "12-1") -> Message:
    return Message(key, "+8610000000001", "示范丙三", text, text, 3)


def until(what: Callable[[], Any]) -> Any:
    for _ in range(400):
        if found := what():
            return found
        time.sleep(0.05)
    raise AssertionError("it does not come")


def test_a_long_text_goes_in_parts_and_one_bind_serves_many(
    smsc: Centre, channel: ReceiptingSmppChannel
) -> None:
    first = channel.send(message(TEXT * 2))
    second = channel.send(message(key="13"))
    assert (first.sent, first.provider_id, second.provider_id) == (Sent.ACCEPTED, "m1", "m3")
    assert [len(part.text) for part in smsc.parts] == [67, len(TEXT * 2) - 67, len(TEXT)]
    assert "".join(part.text for part in smsc.parts[:2]) == TEXT * 2
    assert {(part.coding, part.receipt, part.to) for part in smsc.parts} == {
        (8, 1, "8610000000001")
    }
    assert smsc.binds == 1


def test_seventy_characters_are_one_message_with_the_signature_counted(smsc: Centre) -> None:
    channel = made(smsc, signature="示范防办")
    channel.send(message("水" * 64))
    channel.send(message("水" * 65))
    channel.close()
    assert [part.text[:6] for part in smsc.parts[:2]] == ["【示范防办】"] * 2
    assert len(smsc.parts) == 3


def test_a_text_is_delivered_when_all_its_parts_are(
    smsc: Centre, channel: ReceiptingSmppChannel
) -> None:
    result = channel.send(message(TEXT * 2))
    receipt = "id:{} sub:001 dlvrd:001 submit date:2606180425 done date:2606180425 stat:{} err:000"
    smsc.until(lambda: len(smsc.parts) == 2)
    one = smsc.deliver("8610000000001", receipt.format("m1", "DELIVRD"), receipt=True)
    smsc.until(lambda: one in smsc.acknowledged)
    assert channel.reports() == []
    smsc.deliver("8610000000001", receipt.format("m2", "DELIVRD"), receipt=True)
    (report,) = until(channel.reports)
    assert (report.provider_id, report.delivered) == (result.provider_id, True)
    assert channel.reports() == []


@pytest.mark.parametrize("stat", ["UNDELIV", "EXPIRED", "REJECTD"])
def test_one_part_that_does_not_arrive_is_told_at_once(
    smsc: Centre, channel: ReceiptingSmppChannel, stat: str
) -> None:
    result = channel.send(message(TEXT * 2))
    smsc.deliver("8610000000001", f"id:m2 sub:001 dlvrd:000 stat:{stat} err:001", receipt=True)
    (report,) = until(channel.reports)
    assert (report.provider_id, report.delivered, report.detail) == (
        result.provider_id,
        False,
        stat,
    )


def test_an_answer_is_acknowledged_only_when_it_is_stored(
    smsc: Centre, channel: ReceiptingSmppChannel
) -> None:
    channel.send(message())
    number = smsc.deliver("8610000000001", "收到")
    (answer,) = until(channel.receive)
    assert (answer.address, answer.text) == ("+8610000000001", "收到")
    assert channel.receive() == [answer]
    assert number not in smsc.acknowledged
    channel.confirm([answer.provider_id])
    smsc.until(lambda: number in smsc.acknowledged)
    assert channel.receive() == []


def test_a_lost_bind_is_made_again(smsc: Centre, channel: ReceiptingSmppChannel) -> None:
    smsc.cut = True
    assert channel.send(message()).sent is Sent.UNKNOWN
    smsc.cut = False
    until(lambda: channel.send(message(key="again")).sent is Sent.ACCEPTED)
    assert smsc.binds >= 2


def test_a_refusal_after_some_parts_leaves_the_outcome_unknown(
    smsc: Centre, channel: ReceiptingSmppChannel
) -> None:
    smsc.statuses = [0, 0x58]
    assert channel.send(message(TEXT * 2)).sent is Sent.UNKNOWN


def test_a_wrong_password_is_said_without_it(smsc: Centre) -> None:
    smsc.password = "other"
    channel = made(smsc, timeout=1_000)
    result = channel.send(message())
    channel.close()
    assert (result.sent, "Invalid Password" in result.detail) == (Sent.RETRY, True)
    assert "geheim" not in result.detail


def test_without_receipts_none_are_asked_for_or_promised(smsc: Centre) -> None:
    channel = made(smsc, receipts=False)
    assert channel.send(message()).sent is Sent.ACCEPTED
    channel.close()
    assert isinstance(channel, SmppChannel)
    assert not hasattr(channel, "reports")
    assert [part.receipt for part in smsc.parts] == [0]
