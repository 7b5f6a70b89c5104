"""What an incoming text means."""

import pytest

from floodwatch.notify.reply_words import meaning, same_number

YES = (
    "收到", "1", "１", "好", "好的", "已知", "收到，谢谢", "收到!", " 1 ", "1.", "已收到。",
    "知道了", "好的收到", "OK", "Received", "【收到】", "收 到",
)  # fmt: skip
NO = (
    "没收到", "未收到", "收不到", "1号泵坏了", "我不在", "", "不好", "好像没水", "退订", "10086",
    "收到一条奇怪的短信，请问你是谁？这是不是诈骗信息啊，我要报警了，再发我就去告你们单位",
)  # fmt: skip


@pytest.mark.parametrize("text", YES)
def test_these_are_answers(text: str) -> None:
    assert meaning(text).yes
    assert meaning(text).code is None


@pytest.mark.parametrize("text", [text for text in NO if text != "10086"])
def test_these_are_none(text: str) -> None:
    assert not meaning(text).yes


@pytest.mark.parametrize(
    "text", ["收到 712", "1 712", "1,712", "收到警〔0712〕", "１　７１２", "ok 712", "收到712"]
)
def test_a_number_may_stand_behind_it(text: str) -> None:
    said = meaning(text)
    assert (said.yes, said.code, said.bare) == (True, 712, False)


@pytest.mark.parametrize(("text", "code"), [("712", 712), ("警〔0712〕", 712), ("1712", 1712)])
def test_a_bare_number_is_an_answer_only_to_that_alert(text: str, code: int) -> None:
    said = meaning(text)
    assert (said.code, said.bare) == (code, True)


def test_a_number_is_the_same_with_and_without_the_code_of_the_country() -> None:
    assert same_number("+8610000000001", "10000000001")
    assert same_number("008610000000001", "+86 100 0000 0001")
    assert not same_number("+8610000000001", "+8610000000002")
    assert not same_number("", "")
