"""Text messages by Tencent Cloud (SMS 2021-01-11), through its own library."""

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pydantic import Field

from floodwatch.model.clock import SystemClock
from floodwatch.model.fields import Duration
from floodwatch.model.notification import DeliveryReport, Incoming, Message, Result, Sent
from floodwatch.notify.channels.cloud_channel import CloudChannel
from floodwatch.notify.channels.cloud_sms import Filled, TemplatesTable
from floodwatch.notify.channels.limited import LimitedTable
from floodwatch.notify.channels.plain import one_line
from floodwatch.notify.channels.sdk import bounded, fault, told
from floodwatch.notify.channels.webhook import token
from floodwatch.outside.bounded import within

_log = logging.getLogger(__name__)

SECRET_ID, SECRET_KEY = "FLOODWATCH_SMS_TENCENT_SECRET_ID", "FLOODWATCH_SMS_TENCENT_SECRET_KEY"
_LATER = (
    "RequestLimitExceeded",
    "LimitExceeded.PhoneNumberThirtySecondLimit",
    "LimitExceeded.DeliveryFrequencyLimit",
    "AuthFailure.SignatureExpire",
    "ResourceInsufficient",
)
_NOBODY_KNOWS = ("InternalError", "ServerNetworkError")
MOST = 100  # that one pull gives
EVERY_S = 5.0


class TencentTable(LimitedTable):
    """[channels.sms_tencent]; the secret id and key come from the environment."""

    app: str = Field(min_length=1, description="the SmsSdkAppId")
    sign: str = Field(min_length=2, description="the approved 【signature】 without brackets")
    region: str = "ap-guangzhou"
    endpoint: str = Field("sms.tencentcloudapi.com", pattern=r"^[A-Za-z0-9.:-]+$")
    protocol: str = Field("https", pattern="^https?$")  # http only for a test on this machine
    pull: bool = False  # receipts and answers are fetched; the provider must have enabled it
    templates: TemplatesTable
    timeout: Duration = 15_000


class TencentChannel(CloudChannel):
    """One call a message; `SessionContext` carries the key."""

    name = "sms_tencent"
    variables = SECRET_ID, SECRET_KEY

    def __init__(
        self, settings: Mapping[str, Any], *, environment: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(settings, environment=environment)
        self._app = str(settings["app"])
        self._region = str(settings.get("region", "ap-guangzhou"))
        self._endpoint = str(settings.get("endpoint", "sms.tencentcloudapi.com"))
        self._protocol = str(settings.get("protocol", "https"))

    def _hand_over(
        self, message: Message, to: str, *, template: Filled, keys: tuple[str, str]
    ) -> Result:
        fields = {
            "PhoneNumberSet": [to],
            "SmsSdkAppId": self._app,
            "SignName": self._sign,
            "TemplateId": template.id,
            "TemplateParamSet": [piece for _, piece in template.pieces],
            "SessionContext": token(message.key),
        }
        return bounded(
            self.timeout,
            lambda: self._call(keys, "SendSms", fields),
            lambda answer: _judged(answer, keys),
        )

    def _call(self, keys: tuple[str, str], action: str, fields: Mapping[str, Any]) -> Any:
        """The answer, or an `Error` in its place."""
        from tencentcloud.common.credential import Credential
        from tencentcloud.common.exception.tencent_cloud_sdk_exception import (
            TencentCloudSDKException,
        )
        from tencentcloud.common.profile.client_profile import ClientProfile
        from tencentcloud.common.profile.http_profile import HttpProfile
        from tencentcloud.sms.v20210111 import models
        from tencentcloud.sms.v20210111.sms_client import SmsClient

        http = HttpProfile(
            protocol=self._protocol, endpoint=self._endpoint, reqTimeout=int(self.timeout) or 1
        )
        profile = ClientProfile(signMethod="TC3-HMAC-SHA256", httpProfile=http)
        request = getattr(models, f"{action}Request")()
        for name, value in fields.items():
            setattr(request, name, value)
        try:
            client = SmsClient(Credential(*keys), self._region, profile)
            return getattr(client, action)(request)
        except TencentCloudSDKException as error:
            if error.get_code() in ("ClientNetworkError", "ServerNetworkError"):
                raise
            return error


class PullingTencentChannel(TencentChannel):
    """Also fetches receipts and answers; the provider gives each once, so answers are kept.

    However often it is asked, it asks the provider once in `every` seconds.
    """

    def __init__(
        self,
        settings: Mapping[str, Any],
        *,
        environment: Mapping[str, str] | None = None,
        every: float = EVERY_S,
    ) -> None:
        super().__init__(settings, environment=environment)
        self._waiting: dict[str, Incoming] = {}
        self._lock = threading.Lock()
        self._monotonic = SystemClock().monotonic
        self._pulled: dict[str, float] = {}
        self._every = every

    def reports(self) -> list[DeliveryReport]:
        """The receipts that have come."""
        found = self._pull("PullSmsSendStatus", lambda answer: answer.PullSmsSendStatusSet)
        return [
            DeliveryReport(
                str(row.SerialNo),
                row.ReportStatus == "SUCCESS",
                one_line(str(row.Description or ""))[:200],
                int(row.UserReceiveTime or 0) * 1_000,
            )
            for row in found
        ]

    def receive(self) -> list[Incoming]:
        """What people have answered."""
        for row in self._pull("PullSmsReplyStatus", lambda answer: answer.PullSmsReplyStatusSet):
            text, at = one_line(str(row.ReplyContent or "")), int(row.ReplyTime or 0) * 1_000
            known = token(f"{row.PhoneNumber} {row.ReplyTime} {text}")
            with self._lock:
                self._waiting[known] = Incoming(known, str(row.PhoneNumber), text, at)
        with self._lock:
            return list(self._waiting.values())

    def confirm(self, provider_ids: Sequence[str]) -> None:
        """These are stored."""
        with self._lock:
            for known in provider_ids:
                self._waiting.pop(known, None)

    def _pull(self, action: str, rows: Callable[[Any], Any]) -> list[Any]:
        fields = {"Limit": MOST, "SmsSdkAppId": self._app}
        if self._monotonic() - self._pulled.get(action, -self._every) < self._every:
            return []
        self._pulled[action] = self._monotonic()
        try:
            keys = self._keys()
            answer = within(self.timeout, lambda: self._call(keys, action, fields))
            if isinstance(answer, Exception):
                raise answer
            return list(rows(answer) or ())
        except Exception as error:  # noqa: BLE001 - asked again; the sending does not depend on it
            _log.warning("%s: %s", action, fault(error).detail)
            return []


def make(
    settings: Mapping[str, Any],
    *,
    environment: Mapping[str, str] | None = None,
    every: float = EVERY_S,
) -> TencentChannel:
    """The channel; with `pull` one that promises receipts."""
    if settings.get("pull"):
        return PullingTencentChannel(settings, environment=environment, every=every)
    return TencentChannel(settings, environment=environment)


def _judged(answer: Any, keys: tuple[str, str]) -> Result:
    if isinstance(answer, Exception):
        code, said = str(answer.get_code() or ""), str(answer.get_message() or "")  # type: ignore[attr-defined]
        return Result(_class(code), told(code, said, keys))
    rows: list[Any] = answer.SendStatusSet or []
    if len(rows) != 1:
        return fault(ValueError("the answer is not about one number"))
    code, said = str(rows[0].Code or ""), str(rows[0].Message or "")
    if code == "Ok":
        return Result(Sent.ACCEPTED, "Ok", str(rows[0].SerialNo or ""))
    return Result(_class(code), told(code, said, keys))


def _class(code: str) -> Sent:
    if code.startswith(_LATER):
        return Sent.RETRY
    # The library turns what it cannot read into an error called by Python's name for it.
    if not code or code.startswith(_NOBODY_KNOWS) or code.endswith("Error"):
        return Sent.UNKNOWN
    return Sent.PERMANENT
