"""Calls by a provider: how far each got, and that only a pressed key counts."""

import json
from typing import Any

import pytest

from floodwatch.model.notification import Call, Message, Sent
from floodwatch.notify.channels.voice import TOKEN, VoiceChannel
from tests.notify.http_server import CUT, Answer, Asked, Site, site

TEXT = "【内部告警Ⅰ】18日04:25 示范石桥水库水位105.10米，请立即转移下游57户。按1确认"


class Provider:
    """A provider whose calls are as far as `states` says."""

    def __init__(self) -> None:
        self.states: dict[str, str] = {}
        self.away = False

    def __call__(self, asked: Asked) -> Answer:
        if self.away:
            return CUT
        if asked.method == "POST":
            name = f"c{len(self.states) + 1}"
            self.states[name] = "queued"
            return 200, json.dumps({"call": name}).encode()
        state = self.states.get(asked.path.rpartition("/")[2])
        return (200, json.dumps({"state": state}).encode()) if state else (404, b"")


def channel(found: Site) -> VoiceChannel:
    settings: dict[str, Any] = {"url": f"{found.url}/calls/", "allow": ["127.0.0.0/8"]}
    return VoiceChannel(settings | {"timeout": 5_000}, environment={TOKEN: "geheim"})


def message() -> Message:
    body = f"{TEXT}\n\nhttps://example.org/answer/abc\n"
    return Message("12-1", "+8610000000001", "示范丙三", TEXT, body, 4, way="call")


def test_the_text_is_spoken_without_its_link_and_a_key_is_asked_for() -> None:
    with site(Provider()) as found:
        result = channel(found).send(message())
    assert (result.sent, result.provider_id) == (Sent.ACCEPTED, "c1")
    (asked,) = found.asked
    body = json.loads(asked.body)
    assert (body["to"], body["text"], body["confirm"]) == ("+8610000000001", TEXT, "1")
    assert (body["language"], asked.path) == ("zh", "/calls")
    assert asked.headers["Authorization"] == "Bearer geheim"


def test_answered_heard_and_confirmed_are_told_apart_each_once() -> None:
    provider = Provider()
    with site(provider) as found:
        voice = channel(found)
        voice.send(message())
        told = []
        for state in ("queued", "ringing", "answered", "answered", "heard", "confirmed", "heard"):
            provider.states["c1"] = state
            told += [report.call for report in voice.reports()]
    assert told == [Call.ANSWERED, Call.HEARD, Call.CONFIRMED]


@pytest.mark.parametrize("state", ["no_answer", "busy", "off", "failed"])
def test_a_call_that_reached_nobody_is_not_delivered(state: str) -> None:
    provider = Provider()
    with site(provider) as found:
        voice = channel(found)
        voice.send(message())
        provider.states["c1"] = state
        (report,) = voice.reports()
        assert (report.delivered, report.call) == (False, Call(state))
        assert voice.reports() == []


def test_a_provider_that_is_away_costs_no_report() -> None:
    provider = Provider()
    with site(provider) as found:
        voice = channel(found)
        voice.send(message())
        provider.states["c1"], provider.away = "confirmed", True
        assert voice.reports() == []
        provider.away = False
        assert [report.call for report in voice.reports()] == [Call.CONFIRMED]


def test_calls_of_an_earlier_engine_are_asked_after_and_unknown_ones_have_failed() -> None:
    provider = Provider()
    provider.states["old"] = "confirmed"
    with site(provider) as found:
        voice = channel(found)
        voice.watch(["old", "forgotten"])
        told = {report.provider_id: report.call for report in voice.reports()}
    assert told == {"old": Call.CONFIRMED, "forgotten": Call.FAILED}


def test_an_answer_that_names_no_call_leaves_the_outcome_unknown() -> None:
    with site(lambda _: (200, b"[]")) as found:
        assert channel(found).send(message()).sent is Sent.UNKNOWN
