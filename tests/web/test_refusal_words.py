"""What is refused on a page is said in the reader's language."""

import pytest
from flask import Flask, session

from floodwatch.alerts import muting
from floodwatch.model.errors import Refused
from floodwatch.model.people import Role
from floodwatch.model.severity import Severity
from floodwatch.web.refusal_words import said
from tests.web.conftest import SignIn


@pytest.mark.parametrize(
    ("text", "zh"),
    [
        ("give a reason, 请写明原因; a mute without a reason is not possible", "请写明原因。"),
        ("'半小时' is not a number of minutes", "半小时 不是分钟数。"),
        (
            "there is no alert 7; `floodwatch alerts` lists those that stand",
            "没有告警 7，请刷新页面。",
        ),
        ("something nobody has worded", "something nobody has worded"),
    ],
)
def test_a_refusal_is_said_in_chinese(app: Flask, text: str, zh: str) -> None:
    with app.test_request_context("/alerts/1/shelve"):
        assert said(text) == zh


def test_english_readers_and_programs_get_it_as_it_is(app: Flask) -> None:
    with app.test_request_context("/alerts/1/shelve"):
        session["language"] = "en"
        assert said("nobody was chosen; tick at least one person").startswith("nobody")
    with app.test_request_context("/api/v1/alerts"):
        assert said("nobody was chosen; tick at least one person").startswith("nobody")


@pytest.mark.parametrize("span", [40 * 60_000, 10 * 3_600_000])
def test_what_forbids_a_shelf_has_its_chinese(app: Flask, span: int) -> None:
    with pytest.raises(Refused) as refused:
        muting.check_shelve(Severity.I, span=span, who="甲", reason="x", second="")
    with app.test_request_context("/"):
        assert said(str(refused.value)).isascii() is False
        assert " is " not in said(str(refused.value))


def test_an_error_page_says_what_to_do(sign_in: SignIn) -> None:
    answer = sign_in(Role.OFFICER).post("/bulletin", data={"date": "2026-06-17"})
    assert answer.status_code == 409
    assert "请至少选一个人" in answer.text
    assert "没有办成" in answer.text
