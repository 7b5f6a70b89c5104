"""Settings of the telemetry server and of its stations."""

import pytest

from floodwatch.config.assemble import build
from floodwatch.model.errors import ConfigError
from floodwatch.model.telemetry import AS_STANDARD, Manner
from floodwatch.sources.sl651.settings import Sl651Table

SERVICE = '[service]\nname = "示范区"\n'
RECIPIENTS = (
    '[[person]]\nname = "示范甲"\nemail = "a@example.org"\n'
    '[[route]]\npeople = ["示范甲"]\nchannels = ["log"]\n'
)


def district(*stations: str, service: str = ""):  # type: ignore[no-untyped-def]
    heads = [
        f'[[station]]\ncode = "6199000{n}"\nname = "示范{n}"\nkind = "reservoir"\n'
        f'gauges = [{{variable = "stage"}}, {{variable = "ponding_depth", gauge = "2", '
        f'from = "distance", zero = 3.0}}]\n{text}\n'
        for n, text in enumerate(stations, 1)
    ]
    return build(
        {
            "floodwatch.toml": SERVICE + service,
            "stations.toml": "\n".join(heads),
            "thresholds.toml": "",
            "recipients.toml": RECIPIENTS,
        }
    )


def test_a_station_says_how_its_telemetry_departs_from_the_standard() -> None:
    made = district(
        'sl651 = {address = "0061990a01", hours = "report", base = {f5 = 10.0}, zero_missing ='
        ' true, hunan = true, reply = "esc", frame_password = "12ab", elements = {Z = "stage"}}',
        "",
    )
    assert made.stations["61990001"].sl651 == Manner(
        "0061990A01", "report", {"F5": 10.0}, True, True, "esc", "12AB", {"Z": "stage"}
    )
    assert made.stations["61990002"].sl651 == AS_STANDARD


def test_the_server_is_off_until_it_is_configured() -> None:
    assert district("").sources["sl651"] is None
    made = district("", service='[sources.sl651]\nkeep_frames = "3d"\nnetworks = ["10.0.0.0/8"]\n')
    assert made.sources["sl651"] == Sl651Table(keep_frames="3d", networks=["10.0.0.0/8"])  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('{address = "1"}', "ten hexadecimal digits"),
        ('{hours = "last"}', "'first' or 'report'"),
        ("{base = {39 = 1.0}}", "not a relative level"),
        ('{elements = {Z = "stage@3"}}', "no gauge 3 of stage"),
        ('{elements = {Z = "depth"}}', "unknown variable 'depth'"),
        ('{elements = {Z = "stage:kPa"}}', "does not fit stage"),
        ('{elements = {z = "stage"}}', "is not an element"),
        ('{frame_password = "secret"}', "four hexadecimal digits"),
        ('{adress = "0061990001"}', "unknown key 'adress'"),
    ],
)
def test_what_is_wrong_is_said_with_a_remedy(text: str, told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        district(f"sl651 = {text}")


def test_an_address_means_one_station() -> None:
    same = 'sl651 = {address = "0061990001"}'
    with pytest.raises(ConfigError, match="already means station 61990001"):
        district(same, same)


def test_a_network_that_is_none_is_refused() -> None:
    with pytest.raises(ConfigError, match="not a network"):
        district("", service='[sources.sl651]\nnetworks = ["10.0.0.0/99"]\n')


def test_a_gauge_known_by_its_distance_can_be_a_target() -> None:
    made = district('sl651 = {elements = {Z = "distance@2"}}')
    assert made.stations["61990001"].sl651.elements == {"Z": "distance@2"}
