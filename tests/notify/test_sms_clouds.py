"""The two clouds: what their codes mean, and their templates."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from floodwatch.model.notification import Channel, Message, Result, Sent
from floodwatch.notify.channels.cloud_sms import TemplatesTable, filled
from floodwatch.notify.channels.sms_aliyun import KEY_ID, KEY_SECRET, AliyunChannel
from floodwatch.notify.channels.sms_tencent import (
    SECRET_ID,
    SECRET_KEY,
    PullingTencentChannel,
    make,
)
from tests.notify import clouds
from tests.notify.http_server import Answer, Site, site
from tests.notify.rigs import TEMPLATES

SLOTS = {"place": "示范石桥水库", "value": "水位104.77米", "limit": "超0.02米", "action": "上坝"}


def message(**changes: Any) -> Message:
    more = {"severity": 3, "kind": "fired", "slots": SLOTS} | changes
    return Message("12-1", "+8610000000001", "示范丙三", "x", "x", **more)


def aliyun(found: Site, **keys: str) -> Channel:
    settings = {"sign": "示范防办", "endpoint": f"127.0.0.1:{found.port}", "protocol": "http",
                "templates": TEMPLATES}  # fmt: skip
    right = {KEY_ID: clouds.KEY_ID, KEY_SECRET: clouds.KEY_SECRET}
    return AliyunChannel(settings, environment=right | keys)


def tencent(found: Site, *, pull: bool = False, **keys: str) -> Channel:
    settings = {"app": "1", "sign": "示范防办", "endpoint": f"127.0.0.1:{found.port}",
                "protocol": "http", "templates": TEMPLATES, "pull": pull}  # fmt: skip
    right = {SECRET_ID: clouds.KEY_ID, SECRET_KEY: clouds.KEY_SECRET}
    return make(settings, environment=right | keys, every=0.0)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (clouds.aliyun_says("OK", BizId="1^0"), Sent.ACCEPTED),
        (clouds.aliyun_says("isv.BUSINESS_LIMIT_CONTROL", "触发分钟级流控Permits:1"), Sent.RETRY),
        (
            clouds.aliyun_says("isv.BUSINESS_LIMIT_CONTROL", "触发小时级流控Permits:5"),
            Sent.PERMANENT,
        ),
        (
            clouds.aliyun_says("isv.BUSINESS_LIMIT_CONTROL", "触发天级流控Permits:40"),
            Sent.PERMANENT,
        ),
        (clouds.aliyun_says("isv.DAY_LIMIT_CONTROL", "触发日发送限额"), Sent.PERMANENT),
        (clouds.aliyun_says("isv.AMOUNT_NOT_ENOUGH"), Sent.PERMANENT),
        (clouds.aliyun_says("isv.OUT_OF_SERVICE"), Sent.PERMANENT),
        (clouds.aliyun_says("isv.PARAM_LENGTH_LIMIT"), Sent.PERMANENT),
        (clouds.aliyun_says("isp.RAM_PERMISSION_DENY"), Sent.PERMANENT),
        (clouds.aliyun_says("isp.SYSTEM_ERROR"), Sent.UNKNOWN),
        (clouds.aliyun_says("Throttling", "", 400), Sent.RETRY),
        (clouds.aliyun_says("ServiceUnavailable", "", 503), Sent.RETRY),
        (clouds.aliyun_says("InternalError", "", 500), Sent.UNKNOWN),
        (clouds.aliyun_says("InvalidTimeStamp.Expired", "", 400), Sent.RETRY),
        ((200, b"<html>busy</html>"), Sent.UNKNOWN),
        ((200, b"{}"), Sent.UNKNOWN),
        ((502, b""), Sent.UNKNOWN),
    ],
)
def test_what_aliyun_says_is_told_apart(answer: Answer, expected: Sent) -> None:
    with site(clouds.aliyun(lambda: answer)) as found:
        assert aliyun(found).send(message()).sent is expected


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (clouds.tencent_says("Ok"), Sent.ACCEPTED),
        (clouds.tencent_says("LimitExceeded.PhoneNumberThirtySecondLimit"), Sent.RETRY),
        (clouds.tencent_says("LimitExceeded.PhoneNumberOneHourLimit"), Sent.PERMANENT),
        (clouds.tencent_says("LimitExceeded.PhoneNumberDailyLimit"), Sent.PERMANENT),
        (clouds.tencent_says("FailedOperation.InsufficientBalanceInSmsPackage"), Sent.PERMANENT),
        (clouds.tencent_says("FailedOperation.TemplateIncorrectOrUnapproved"), Sent.PERMANENT),
        (clouds.tencent_says("FailedOperation.PhoneNumberInBlacklist"), Sent.PERMANENT),
        (clouds.tencent_says("InternalError.Timeout"), Sent.UNKNOWN),
        (clouds.tencent_error("RequestLimitExceeded.IPLimitExceeded"), Sent.RETRY),
        (clouds.tencent_error("AuthFailure.SignatureExpire"), Sent.RETRY),
        (clouds.tencent_error("AuthFailure.UnauthorizedOperation"), Sent.PERMANENT),
        (clouds.tencent_error("InternalError"), Sent.UNKNOWN),
        ((200, b"<html>busy</html>"), Sent.UNKNOWN),
        ((200, b'{"Response": {"SendStatusSet": [], "RequestId": "1"}}'), Sent.UNKNOWN),
        ((500, b""), Sent.UNKNOWN),
    ],
)
def test_what_tencent_says_is_told_apart(answer: Answer, expected: Sent) -> None:
    with site(clouds.tencent(lambda: answer)) as found:
        assert tencent(found).send(message()).sent is expected


@pytest.mark.parametrize(
    ("make_one", "wrapped", "keys", "code"),
    [
        (aliyun, clouds.aliyun, {KEY_SECRET: "wrong-one"}, "SignatureDoesNotMatch"),
        (tencent, clouds.tencent, {SECRET_KEY: "wrong-one"}, "AuthFailure.SignatureFailure"),
    ],
)
def test_a_wrong_key_is_found_by_the_signature_and_not_told(
    make_one: Callable[..., Channel], wrapped: Callable[..., Any], keys: dict[str, str], code: str
) -> None:
    with site(wrapped(lambda: (200, b"{}"))) as found:
        result: Result = make_one(found, **keys).send(message())
    assert result.sent is Sent.PERMANENT
    assert code in result.detail
    assert "wrong-one" not in result.detail


def test_a_provider_that_repeats_a_secret_does_not_bring_it_into_the_record() -> None:
    said = f"the key {clouds.KEY_SECRET} of {clouds.KEY_ID} may not send"
    with site(clouds.aliyun(lambda: clouds.aliyun_says("isv.ACCOUNT_ABNORMAL", said))) as found:
        result = aliyun(found).send(message())
    assert result.detail == "isv.ACCOUNT_ABNORMAL: the key *** of *** may not send"


def test_a_key_that_is_missing_is_named_and_tried_again() -> None:
    settings = {"sign": "示范防办", "templates": TEMPLATES}
    result = AliyunChannel(settings, environment={}).send(message())
    assert (result.sent, KEY_ID in result.detail) == (Sent.RETRY, True)


def test_receipts_and_answers_are_pulled_and_answers_kept_until_stored() -> None:
    status = {"UserReceiveTime": 1_781_727_960, "SerialNo": "2:33", "ReportStatus": "SUCCESS",
              "Description": "DELIVRD", "PhoneNumber": "+8610000000001"}  # fmt: skip
    reply = {"PhoneNumber": "+8610000000001", "ReplyContent": "收到", "ReplyTime": 1_781_727_970}
    given = [
        {"PullSmsSendStatusSet": [status], "RequestId": "1"},
        {"PullSmsReplyStatusSet": [reply], "RequestId": "1"},
        {"PullSmsReplyStatusSet": [], "RequestId": "1"},
    ]
    with site(clouds.tencent(lambda: (200, json.dumps({"Response": given.pop(0)}).encode()))) as at:
        channel = tencent(at, pull=True)
        assert isinstance(channel, PullingTencentChannel)
        (report,) = channel.reports()
        assert (report.provider_id, report.delivered) == ("2:33", True)
        assert report.at == 1_781_727_960_000
        (first,), (again,) = channel.receive(), channel.receive()
        assert (first, first.text) == (again, "收到")
        channel.confirm([first.provider_id])
    assert channel.receive() == []  # nobody there: nothing, and no exception
    assert not hasattr(tencent(at), "reports")  # without pull it promises no receipts


def test_the_provider_is_not_asked_at_every_look() -> None:
    empty = {"Response": {"PullSmsReplyStatusSet": [], "PullSmsSendStatusSet": []}}
    with site(clouds.tencent(lambda: (200, json.dumps(empty).encode()))) as found:
        settings = {"app": "1", "sign": "示范防办", "endpoint": f"127.0.0.1:{found.port}",
                    "protocol": "http", "templates": TEMPLATES, "pull": True}  # fmt: skip
        keys = {SECRET_ID: clouds.KEY_ID, SECRET_KEY: clouds.KEY_SECRET}
        channel = PullingTencentChannel(settings, environment=keys, every=3600)
        for _ in range(3):
            assert (channel.receive(), channel.reports()) == ([], [])
    assert len(found.asked) == 2


def test_a_long_place_is_cut_in_front_and_a_figure_never() -> None:
    templates = {"any": {"id": "1", "text": "${place}${value}", "longest": 10}}
    slots = {"place": "示范第十二街道办事处前下穿通道", "value": "积水27厘米"}
    made = filled(message(slots=slots), templates)
    assert dict(made.pieces) == {"place": "…道办事处前下穿通道", "value": "积水27厘米"}
    assert filled(message(slots=slots | {"value": "水" * 11}), templates).why
    assert not made.why


def test_a_link_or_nothing_to_say_does_not_get_into_a_template() -> None:
    made = filled(message(slots=SLOTS | {"action": "见https://x.cn"}), TEMPLATES)
    assert "http" not in "".join(piece for _, piece in made.pieces)
    assert filled(message(slots={}), TEMPLATES).why


@pytest.mark.parametrize(
    "text",
    [
        "没有槽",
        "${place}${place}",
        "${place}${colour}",
        "${place}，详见 https://example.org",
        "${place}" + "很长" * 35,
    ],
)
def test_a_template_that_no_provider_takes_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="template"):
        TemplatesTable.model_validate({"any": {"id": "1", "text": text}})
