"""Payloads: numbers, JSON by paths, line protocol; what is none of them is refused."""

import json
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from floodwatch.model.errors import Refused
from floodwatch.model.reading import RawReading
from floodwatch.sources.mqtt.payload import LARGEST, Read, Topics
from floodwatch.sources.mqtt.settings import MqttTable, TopicTable

NOW = 1_781_727_912_345
AT = 1_781_727_900_000
ZONE = ZoneInfo("Asia/Shanghai")


def read(payload: object, at: str = "fw/A/stage", /, **table: Any) -> Read:
    """One message by one table of settings."""
    made = TopicTable.model_validate({"topic": "fw/{station}/{variable}"} | table)
    data = payload if isinstance(payload, bytes) else str(payload).encode()
    return Topics([made]).read(at, data, zone=lambda _: ZONE, arrival=NOW)


def json_of(document: object, **table: Any) -> Read:
    """One JSON message."""
    given = {"topic": "dev/{station}", "payload": "json", "time": "ts", "variable": "stage"}
    return read(json.dumps(document), "dev/A", **(given | table))


@pytest.mark.parametrize(
    ("text", "value"),
    [("1.25", 1.25), (" -3 \r\n", -3.0), ("5e-1", 0.5), ("---", None), ("FALLO", None), ("", None),
     ("NaN", None), ("1.5\x00", 1.5)],
)  # fmt: skip
def test_a_number_is_written_out_or_a_word_for_none(text: str, value: float | None) -> None:
    assert read(text).readings == (RawReading("A", "stage", NOW, value),)
    assert not read(text).dated


@pytest.mark.parametrize("text", ["1,5", "1.2 m", "on", "inf", "1e999", "１", b"\xff\xfe", "{}"])
def test_what_is_no_number_is_refused(text: object) -> None:
    with pytest.raises(Refused):
        read(text)


def test_what_the_topic_leaves_open_the_settings_say() -> None:
    found = read(
        "12",
        "pump/3",
        topic="pump/{gauge}",
        station="A",
        variable="rainfall",
        unit="cm",
        period="5min",
    )
    assert found.readings == (RawReading("A", "rainfall", NOW, 12.0, "3", "cm", 300_000),)


@pytest.mark.parametrize(
    ("ts", "table"),
    [
        ("2026-06-18T04:25:00+08:00", {}),
        ("2026-06-18 04:25:00", {}),
        ("2026-06-17T20:25:00Z", {}),
        (AT // 1000, {"time_format": "s"}),
        (AT / 1000, {"time_format": "s"}),
        (str(AT), {"time_format": "ms"}),
        (AT * 1000 + 7, {"time_format": "us"}),
        (AT * 1_000_000 + 7, {"time_format": "ns"}),
    ],
)
def test_json_says_when_in_several_ways(ts: object, table: dict[str, Any]) -> None:
    found = json_of({"ts": ts, "value": 1.5}, **table)
    assert found == Read((RawReading("A", "stage", AT, 1.5),))


def test_several_variables_come_in_one_message() -> None:
    values = {
        "d.level": "stage:cm",
        "d.p2": "piezometric_stage@2:m",
        "d.bat": "battery",
        "d.x": "ph",
    }
    found = json_of(
        {"ts": "2026-06-17T20:25:00Z", "d": {"level": "104.5", "p2": 3, "bat": 12.6}},
        variable=None,
        values=values,
    )
    assert found.readings == (
        RawReading("A", "stage", AT, 104.5, unit="cm"),
        RawReading("A", "piezometric_stage", AT, 3.0, "2", "m"),
        RawReading("A", "battery", AT, 12.6),
    )


def test_records_are_read_one_by_one_and_a_bad_one_spoils_no_other() -> None:
    rows = [
        {"id": "A", "ts": "2026-06-17T20:25:00Z", "value": 1},
        {"id": "B", "ts": "yesterday", "value": 1},
        {"ts": "2026-06-17T20:25:00Z", "value": 1},
        {"id": "C", "ts": "2026-06-17T20:25:00Z", "value": None, "kind": "ph"},
        7,
    ]
    found = read(
        json.dumps({"rows": rows}), "all", topic="all", payload="json", records="rows", time="ts",
        station_in="id", variable_in="kind", variable="stage",
    )  # fmt: skip
    assert found.readings == (RawReading("A", "stage", AT, 1.0), RawReading("C", "ph", AT, None))
    assert len(found.refused) == 3


@pytest.mark.parametrize(
    ("document", "why"),
    [
        ({"value": 1}, "ts is missing"),
        ({"ts": AT, "value": 1}, "time_format"),
        ({"ts": "2026-06-17T20:25:00Z", "value": "high"}, "not a number"),
        ({"ts": "2026-06-17T20:25:00Z", "value": [1]}, "no number but list"),
        ({"ts": "2026-06-17T20:25:00Z", "value": True}, "true or false"),
        ({"ts": "2026-06-17T20:25:00Z", "value": 10**400}, "too large"),
    ],
)
def test_a_document_that_does_not_fit_says_why(document: object, why: str) -> None:
    assert why in json_of(document).refused[0]


@pytest.mark.parametrize("payload", ["{", "[" * 100_000, "9" * 5_000, b"\xff"])
def test_what_is_no_json_is_refused(payload: object) -> None:
    with pytest.raises(Refused):
        read(payload, "d/A", topic="d/{station}", payload="json", time="arrival", variable="stage")


def test_seconds_taken_for_milliseconds_are_not_of_1970() -> None:
    assert "1970" in json_of({"ts": AT // 1000, "value": 1}, time_format="ms").refused[0]


def test_line_protocol_takes_its_station_from_the_topic_unless_it_says_one() -> None:
    body = f"stage value=1 {AT}\nx,station=B ph=7,battery=12.5 {AT}\nbad\nstage value=2"
    found = read(body, "lp/A", topic="lp/{station}", payload="lines", precision="ms")
    assert found.readings == (
        RawReading("A", "stage", AT, 1.0),
        RawReading("B", "ph", AT, 7.0),
        RawReading("B", "battery", AT, 12.5),
        RawReading("A", "stage", NOW, 2.0),
    )
    assert len(found.refused) == 1
    assert not found.dated


def test_the_first_topic_that_fits_reads_a_message_and_one_that_fits_none_is_refused() -> None:
    tables = [
        TopicTable(topic="fw/A/stage", station="B", variable="stage"),
        TopicTable(topic="fw/{station}/{variable}"),
    ]
    topics = Topics(tables)
    assert topics.subscriptions == ["fw/A/stage", "fw/+/+"]
    zone, arrival = (lambda _: ZONE), NOW
    assert topics.read("fw/A/stage", b"1", zone=zone, arrival=arrival).readings[0].station == "B"
    with pytest.raises(Refused, match="no topic"):
        topics.read("other", b"1", zone=zone, arrival=arrival)
    with pytest.raises(Refused, match="larger"):
        topics.read("fw/A/ph", b"1" * (LARGEST + 1), zone=zone, arrival=arrival)


@pytest.mark.parametrize(
    ("table", "why"),
    [
        ({"topic": "fw/{variable}"}, "no station"),
        ({"topic": "fw/{station}"}, "no variable"),
        ({"topic": "{station}", "variable": "depth"}, "unknown variable"),
        ({"topic": "{station}", "variable": "stage", "unit": "furlong"}, "unknown unit"),
        ({"topic": "{station}", "variable": "stage", "time": "ts"}, "JSON"),
        ({"topic": "{station}", "variable": "stage", "payload": "json"}, "when"),
        ({"topic": "{station}", "payload": "json", "time": "t", "values": {"a": "stage"}}, "unit"),
        ({"topic": "{station}", "payload": "json", "time": "t", "values": {"a[": "ph"}}, "path"),
        ({"topic": "{station}", "payload": "json", "time": "arrival", "records": "r",
          "variable": "stage"}, "one moment"),
        ({"topic": "a/#/b"}, "not a topic"),
    ],
)  # fmt: skip
def test_settings_that_cannot_be_say_why(table: dict[str, Any], why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        TopicTable.model_validate(table)


@pytest.mark.parametrize(
    ("table", "why"),
    [
        ({"ca": "/x"}, "without TLS"),
        ({"tls": True, "cert": "/x"}, "belong together"),
        ({"name": "Nord"}, "name of a source"),
        ({"topics": []}, "at least 1"),
        ({"client_id": "x" * 101}, "too long"),
    ],
)
def test_a_broker_that_cannot_be_says_why(table: dict[str, Any], why: str) -> None:
    good = {"name": "n", "host": "h", "topics": [{"topic": "{station}/{variable}"}]}
    assert MqttTable.model_validate(good).address == ("h", 1883)
    assert MqttTable.model_validate(good | {"tls": True}).address == ("h", 8883)
    with pytest.raises(ValidationError, match=why):
        MqttTable.model_validate(good | table)


def test_words_of_the_configuration_are_no_value_in_numbers_json_and_lines() -> None:
    ways = (
        (TopicTable(topic="n/{station}", variable="stage"), "n/A", "停测"),
        (
            TopicTable(
                topic="j/{station}", payload="json", values={"v": "stage:m"}, time="arrival"
            ),
            "j/A",
            '{"v": "No Echo"}',
        ),
        (TopicTable(topic="l/{station}", payload="lines"), "l/A", 'stage value="停测"'),
    )
    topics = Topics([table for table, _, _ in ways])
    for _, topic, text in ways:
        data = text.encode()
        try:
            found = topics.read(topic, data, zone=lambda _: ZONE, arrival=NOW)
            refused = " ".join(found.refused)
        except Refused as error:
            refused = str(error)
        assert "not a number" in refused or "text" in refused
    topics.know(frozenset({"停测", "no echo"}))
    for _, topic, text in ways:
        found = topics.read(topic, text.encode(), zone=lambda _: ZONE, arrival=NOW)
        assert [reading.value for reading in found.readings] == [None]
