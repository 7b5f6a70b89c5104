"""Text messages by Alibaba Cloud (Dysmsapi 2017-05-25), through its own library."""

import json
from collections.abc import Mapping
from typing import Any

from pydantic import Field

from floodwatch.model.fields import Duration
from floodwatch.model.notification import Message, Result, Sent
from floodwatch.notify.channels.cloud_channel import CloudChannel
from floodwatch.notify.channels.cloud_sms import Filled, TemplatesTable
from floodwatch.notify.channels.limited import LimitedTable
from floodwatch.notify.channels.sdk import bounded, fault, told
from floodwatch.notify.channels.webhook import token

KEY_ID, KEY_SECRET = "FLOODWATCH_SMS_ALIYUN_KEY_ID", "FLOODWATCH_SMS_ALIYUN_KEY_SECRET"
_LATER = ("Throttling", "ServiceUnavailable", "SignatureNonceUsed", "InvalidTimeStamp")
_NOBODY_KNOWS = ("isp.", "InternalError", "UnknownError")
_MINUTE = (
    "分钟级",
    "minute",
)  # of a limit that is soon over; the hour and the day want another way


class AliyunTable(LimitedTable):
    """[channels.sms_aliyun]; the access key comes from the environment."""

    sign: str = Field(min_length=2, description="the approved 【signature】 without brackets")
    region: str = "cn-hangzhou"
    endpoint: str = Field("dysmsapi.aliyuncs.com", pattern=r"^[A-Za-z0-9.:-]+$")
    protocol: str = Field("https", pattern="^https?$")  # http only for a test on this machine
    templates: TemplatesTable
    timeout: Duration = 15_000


class AliyunChannel(CloudChannel):
    """One call a message; `OutId` carries the key.

    An answer with status 200 can be a refusal: its `Code` is what counts.
    """

    name = "sms_aliyun"
    variables = KEY_ID, KEY_SECRET

    def __init__(
        self, settings: Mapping[str, Any], *, environment: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(settings, environment=environment)
        self._region = str(settings.get("region", "cn-hangzhou"))
        self._endpoint = str(settings.get("endpoint", "dysmsapi.aliyuncs.com"))
        self._protocol = str(settings.get("protocol", "https")).upper()

    def _hand_over(
        self, message: Message, to: str, *, template: Filled, keys: tuple[str, str]
    ) -> Result:
        fields = {
            "phone_numbers": to,
            "sign_name": self._sign,
            "template_code": template.id,
            "template_param": json.dumps(dict(template.pieces), ensure_ascii=False),
            "out_id": token(message.key),
        }
        return bounded(
            self.timeout, lambda: self._call(keys, fields), lambda body: _judged(body, keys)
        )

    def _call(self, keys: tuple[str, str], fields: Mapping[str, str]) -> dict[str, Any]:
        from alibabacloud_dysmsapi20170525 import models
        from alibabacloud_dysmsapi20170525.client import Client
        from alibabacloud_tea_openapi import utils_models
        from alibabacloud_tea_openapi.exceptions import AlibabaCloudException
        from darabonba.runtime import RuntimeOptions

        wait = int(self.timeout * 1_000)
        client = Client(
            utils_models.Config(
                access_key_id=keys[0],
                access_key_secret=keys[1],
                region_id=self._region,
                endpoint=self._endpoint,
                protocol=self._protocol,
                read_timeout=wait,
                connect_timeout=wait,
            )
        )
        try:
            answer = client.send_sms_with_options(
                models.SendSmsRequest(**fields), RuntimeOptions(autoretry=False, max_attempts=1)
            )
        except AlibabaCloudException as error:
            return {"Code": error.code, "Message": error.message, "Status": error.status_code}
        body: dict[str, Any] = answer.body.to_map() if answer.body else {}
        return body


def _judged(body: Mapping[str, Any], keys: tuple[str, str]) -> Result:
    code, said = str(body.get("Code") or ""), str(body.get("Message") or "")
    if code == "OK":
        return Result(Sent.ACCEPTED, "OK", str(body.get("BizId") or ""))
    if not code:
        return fault(ValueError("the answer has no code"))
    sent = Sent.PERMANENT
    if code.startswith(_LATER) or ("LIMIT_CONTROL" in code and any(w in said for w in _MINUTE)):
        sent = Sent.RETRY
    elif code.startswith(_NOBODY_KNOWS) and code != "isp.RAM_PERMISSION_DENY":
        sent = Sent.UNKNOWN
    return Result(sent, told(code, said, keys))
