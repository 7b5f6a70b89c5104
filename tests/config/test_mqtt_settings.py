"""Settings of brokers and of pushes that cannot be are refused with their line, field, remedy."""

import pytest

from floodwatch.config.assemble import build
from floodwatch.model.district import District
from floodwatch.model.errors import ConfigError, Problem
from floodwatch.sources.push_settings import PushTable

STATIONS = """[[station]]
code = "61990001"
name = "示范水库"
aliases = ["gauge-7"]
kind = "reservoir"
gauges = [{variable = "stage"}, {variable = "ponding_depth", gauge = "2", from = "distance", \
zero = 3.0}]
"""
RECIPIENTS = (
    '[[person]]\nname = "示范甲"\nemail = "a@example.org"\n'
    '[[route]]\npeople = ["示范甲"]\nchannels = ["log"]\n'
)
BROKER = '[[sources.mqtt]]\nname = "north"\nhost = "127.0.0.1"\n'
TOPIC = '[[sources.mqtt.topics]]\ntopic = "fw/{station}/{variable}"\n'


def district(text: str) -> District:
    """The district with these sources."""
    service = f'[service]\nname = "示范区"\n{text}'
    return build(
        {
            "floodwatch.toml": service,
            "stations.toml": STATIONS,
            "thresholds.toml": "",
            "recipients.toml": RECIPIENTS,
        }
    )


def refused(text: str) -> Problem:
    """The one problem of these sources."""
    with pytest.raises(ConfigError) as told:
        district(text)
    (problem,) = told.value.problems
    return problem


def test_brokers_and_limits_are_handed_on_as_they_are_written() -> None:
    made = district(
        f'{BROKER}tls = true\nkeepalive = "30s"\n{TOPIC}[sources.push]\nrate = 5\nburst = 9\n'
        'largest = "512kB"\n'
    )
    (table,) = made.sources["mqtt"]
    assert (table.address, table.session) == (("127.0.0.1", 8883), "floodwatch-north")
    assert (table.keepalive, table.qos, table.clean) == (30_000, 1, False)
    assert made.sources["push"] == PushTable(rate=5, burst=9, largest="512kB")  # type: ignore[arg-type]
    assert district("").sources["push"] is None


@pytest.mark.parametrize(
    ("text", "line", "field", "what", "remedy"),
    [
        (BROKER, 3, "sources.mqtt[1].topics", "missing", "[[sources.mqtt.topics]]"),
        (f'{BROKER}password = "x"\n{TOPIC}', 6, "sources.mqtt[1].password", "secret", "FLOODWATCH"),
        (f"{BROKER}qos = 2\n{TOPIC}", 6, "sources.mqtt[1].qos", "2", "1"),
        (f'{BROKER}keepalive = "1s"\n{TOPIC}', 6, "sources.mqtt[1].keepalive", "", ""),
        (
            f'{BROKER}tls = true\nca = "/nowhere/ca.crt"\n{TOPIC}',
            7, "sources.mqtt[1].ca", "no file", "whole path",
        ),
        (
            f'{BROKER}{TOPIC}{BROKER.replace("north", "south")}client_id = "floodwatch-north"\n'
            f"{TOPIC}",
            11, "sources.mqtt[2].client_id", "same session", "client_id",
        ),
        (
            f'{BROKER}{TOPIC.replace("{station}/", "")}station = "gauge-8"\n',
            8, "sources.mqtt[1].topics[1].station", "no station", "'gauge-7'",
        ),
        (
            f'{BROKER}{TOPIC.replace("{station}/{variable}", "x")}station = "gauge-7"\n'
            'variable = "stage"\ngauge = "2"\n',
            7, "sources.mqtt[1].topics[1].topic", "no gauge 2 for stage", "stage@1",
        ),
        (
            f"{BROKER}{TOPIC}timeformat = 1\n",
            8, "sources.mqtt[1].topics[1].timeformat", "unknown", "'time_format'",
        ),
        ("[sources.push]\nrate = 0\n", 4, "sources.push.rate", "0", ""),
        ("[sources.push]\nrate = 50\nburst = 5\n", 3, "sources.push", "smaller", "at once"),
        ('[sources.push]\nlargest = "1GB"\n', 4, "sources.push.largest", "size", "8MB"),
        ('[sources.push]\nlargest = "64MB"\n', 4, "sources.push.largest", "largest", "16MB"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_in_its_place(
    text: str, line: int, field: str, what: str, remedy: str
) -> None:
    problem = refused(text)
    assert problem.file == "floodwatch.toml"
    assert (problem.line, problem.field) == (line, field), problem
    assert what in problem.what
    assert remedy in problem.remedy


def test_a_gauge_by_its_distance_is_known_too() -> None:
    text = TOPIC.replace("{station}/{variable}", "x") + 'station = "示范水库"\n'
    made = district(f'{BROKER}{text}variable = "distance"\ngauge = "2"\nunit = "mm"\n')
    assert len(made.sources["mqtt"]) == 1
