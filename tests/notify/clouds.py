"""Local stand-ins for two clouds' text message services: they check signatures as documented.

The signatures are computed here from the providers' published description, not by their libraries.
"""

import hashlib
import hmac
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit

from tests.notify.http_server import Answer, Asked

KEY_ID, KEY_SECRET = "LTAI-id-of-a-test", "s3cret-of-a-test"


def _sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def acs3_wrong(asked: Asked) -> str:
    """What is wrong with a request signed by ACS3-HMAC-SHA256; empty when it is right."""
    headers = {name.lower(): value.strip() for name, value in asked.headers.items()}
    scheme, _, rest = headers.get("authorization", "").partition(" ")
    given = dict(part.split("=", 1) for part in rest.split(",")) if rest else {}
    if scheme != "ACS3-HMAC-SHA256" or given.get("Credential") != KEY_ID:
        return "InvalidAccessKeyId.NotFound"
    if headers.get("x-acs-content-sha256") != _sha(asked.body):
        return "the body's digest"
    names = given["SignedHeaders"].split(";")
    needed = {"host", "x-acs-action", "x-acs-date", "x-acs-signature-nonce", "x-acs-version"}
    if not needed <= set(names) or names != sorted(names):
        return "the signed headers"
    where = urlsplit(asked.path)
    pairs = sorted(parse_qsl(where.query, keep_blank_values=True))
    query = "&".join(f"{quote(k, safe='-_.~')}={quote(v, safe='-_.~')}" for k, v in pairs)
    canonical = "\n".join(
        [
            asked.method,
            where.path or "/",
            query,
            "".join(f"{name}:{headers[name]}\n" for name in names),
            ";".join(names),
            _sha(asked.body),
        ]
    )
    signed = f"ACS3-HMAC-SHA256\n{_sha(canonical.encode())}"
    right = hmac.new(KEY_SECRET.encode(), signed.encode(), hashlib.sha256).hexdigest()
    return "" if hmac.compare_digest(right, given["Signature"]) else "SignatureDoesNotMatch"


def tc3_wrong(asked: Asked) -> str:
    """What is wrong with a request signed by TC3-HMAC-SHA256; empty when it is right."""
    headers = {name.lower(): value.strip() for name, value in asked.headers.items()}
    scheme, _, rest = headers.get("authorization", "").partition(" ")
    given = dict(part.strip().split("=", 1) for part in rest.split(",")) if rest else {}
    stamp = headers.get("x-tc-timestamp", "0")
    day = datetime.fromtimestamp(int(stamp), UTC).strftime("%Y-%m-%d")
    scope = f"{day}/sms/tc3_request"
    if scheme != "TC3-HMAC-SHA256" or given.get("Credential") != f"{KEY_ID}/{scope}":
        return "AuthFailure.SecretIdNotFound"
    names = given["SignedHeaders"].split(";")
    if not {"content-type", "host"} <= set(names):
        return "the signed headers"
    canonical = "\n".join(
        [
            asked.method,
            "/",
            "",
            "".join(f"{name}:{headers[name].lower()}\n" for name in names),
            ";".join(names),
            _sha(asked.body),
        ]
    )
    signed = "\n".join([scheme, stamp, scope, _sha(canonical.encode())])
    key = ("TC3" + KEY_SECRET).encode()
    for word in (day, "sms", "tc3_request"):
        key = hmac.new(key, word.encode(), hashlib.sha256).digest()
    right = hmac.new(key, signed.encode(), hashlib.sha256).hexdigest()
    return "" if hmac.compare_digest(right, given["Signature"]) else "AuthFailure.SignatureFailure"


def aliyun(say: Callable[[], Answer]) -> Callable[[Asked], Answer]:
    """A service that refuses what is signed wrongly and else says what it is told to."""

    def answer(asked: Asked) -> Answer:
        if wrong := acs3_wrong(asked):
            return 400, json.dumps({"Code": wrong, "Message": wrong, "RequestId": "1"}).encode()
        return say()

    return answer


def tencent(say: Callable[[], Answer]) -> Callable[[Asked], Answer]:
    """The same for the other one, whose refusals come with status 200."""

    def answer(asked: Asked) -> Answer:
        if wrong := tc3_wrong(asked):
            return tencent_error(wrong)
        return say()

    return answer


def aliyun_says(code: str, said: str = "", status: int = 200, **more: Any) -> Answer:
    """An answer in its form."""
    return status, json.dumps({"Code": code, "Message": said, "RequestId": "1", **more}).encode()


def tencent_says(code: str, said: str = "") -> Answer:
    """An answer about one number, in its form."""
    row = {"SerialNo": "2:33", "PhoneNumber": "+86", "Fee": 1, "Code": code, "Message": said,
           "SessionContext": "", "IsoCode": "CN"}  # fmt: skip
    return 200, json.dumps({"Response": {"SendStatusSet": [row], "RequestId": "1"}}).encode()


def tencent_error(code: str, said: str = "") -> Answer:
    """A refusal of the whole request, in its form."""
    error = {"Error": {"Code": code, "Message": said}, "RequestId": "1"}
    return 200, json.dumps({"Response": error}).encode()
