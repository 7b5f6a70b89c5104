"""Topic templates: what is subscribed to, what a topic names."""

import pytest

from floodwatch.model.errors import Refused
from floodwatch.sources.mqtt.topics import template


@pytest.mark.parametrize(
    ("text", "subscription", "topic", "names"),
    [
        ("fw/{station}/{variable}", "fw/+/+", "fw/A/stage", {"station": "A", "variable": "stage"}),
        ("fw/dev-{station}-x/up", "fw/+/up", "fw/dev-A.1-x/up", {"station": "A.1"}),
        ("a.b/+/{gauge}/#", "a.b/+/+/#", "a.b/q/2/c/d", {"gauge": "2"}),
        ("a/#", "a/#", "a", {}),
        ("#", "#", "whatever/it/is", {}),
        ("一/{station}", "一/+", "一/石門水庫", {"station": "石門水庫"}),
    ],
)
def test_a_template_subscribes_and_names(
    text: str, subscription: str, topic: str, names: dict[str, str]
) -> None:
    made = template(text)
    assert (made.subscription, made.match(topic)) == (subscription, names)


@pytest.mark.parametrize(
    ("text", "topic"),
    [
        ("fw/{station}/{variable}", "fw/A"),
        ("fw/{station}/{variable}", "fw/A/stage/x"),
        ("fw/{station}", "fw/"),
        ("a.b", "aXb"),
        ("fw/dev-{station}", "fw/A"),
    ],
)
def test_a_topic_of_another_kind_does_not_fit(text: str, topic: str) -> None:
    assert template(text).match(topic) is None


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "characters"),
        ("$SYS/#", "begin with"),
        ("a/#/b", "end"),
        ("a/b+", "whole levels"),
        ("{station}/{station}", "twice"),
        ("{where}", "not known"),
        ("{station}{gauge}", "one name a level"),
        ("a/{station", "braces"),
        ("a/{STATION}", "braces"),
    ],
)
def test_what_is_no_template_says_why(text: str, why: str) -> None:
    with pytest.raises(Refused, match=why):
        template(text)
