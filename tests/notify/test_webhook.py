"""The signed webhook and the siren that is switched by one."""

import hashlib
import hmac
import json

import pytest

from floodwatch.model.notification import Message, Sent
from floodwatch.notify.channels.siren import SECRET as SIREN_SECRET
from floodwatch.notify.channels.siren import SirenChannel
from floodwatch.notify.channels.webhook import SECRET, WebhookChannel
from tests.notify.http_server import Site, site

ALLOW = ["127.0.0.0/8"]


def message(severity: int = 3, kind: str = "fired") -> Message:
    return Message(
        "12-1-示范丙三",
        "示范丙三",
        "示范丙三",
        "【内部告警Ⅱ】",
        "水位\n104.77米",
        severity,
        attempt=2,
        at=1_781_727_900_500,
        kind=kind,
        alert_id=12,
    )


def webhook(found: Site, **settings: object) -> WebhookChannel:
    return WebhookChannel(
        {"url": f"{found.url}/hook", "allow": ALLOW} | settings, environment={SECRET: "geheim"}
    )


def test_the_signature_covers_time_and_body() -> None:
    with site() as found:
        assert webhook(found).send(message()).sent is Sent.ACCEPTED
    (asked,) = found.asked
    stamp = asked.headers["FloodWatch-Timestamp"]
    right = hmac.new(b"geheim", stamp.encode() + b"." + asked.body, hashlib.sha256).hexdigest()
    assert asked.headers["FloodWatch-Signature"] == f"sha256={right}"
    assert stamp == "1781727900"


def test_the_body_says_what_the_message_says() -> None:
    with site() as found:
        webhook(found).send(message())
    body = json.loads(found.asked[0].body)
    assert (body["id"], body["alert"], body["severity"]) == ("12-1-示范丙三", 12, "II")
    assert (body["text"], body["attempt"], body["kind"]) == ("水位\n104.77米", 2, "fired")


def test_a_private_address_that_is_not_listed_is_refused_for_good() -> None:
    with site() as found:
        result = webhook(found, allow=[]).send(message())
    assert (result.sent, "may not be asked" in result.detail) == (Sent.PERMANENT, True)
    assert found.asked == []


@pytest.mark.parametrize(
    ("severity", "kind", "sounds"),
    [
        (4, "fired", True),
        (3, "worsened", True),
        (3, "reminder", True),
        (2, "fired", False),
        (1, "fired", False),
        (4, "resolved", False),
        (4, "digest", False),
    ],
)
def test_the_siren_sounds_for_grades_i_and_ii_that_stand(
    severity: int, kind: str, sounds: bool
) -> None:
    with site() as found:
        settings = {"url": found.url, "allow": ALLOW, "sounds": 20_000}
        siren = SirenChannel(settings, environment={SIREN_SECRET: "geheim"})
        assert siren.send(message(severity, kind)).sent is Sent.ACCEPTED
    said = [json.loads(asked.body) for asked in found.asked]
    assert [(one["state"], one["seconds"]) for one in said] == ([("on", 20)] if sounds else [])
