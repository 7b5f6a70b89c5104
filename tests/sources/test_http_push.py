"""Pushing readings: bodies, refusals by place, tokens, limits."""

import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given, settings
from hypothesis import strategies as st

from floodwatch.model.batch import Batch, Receipt, Rejection
from floodwatch.model.clock import SetClock
from floodwatch.model.district import District
from floodwatch.model.errors import StorageError
from floodwatch.model.people import TokenGrant
from floodwatch.model.reading import Outcome
from floodwatch.model.station import Station, StationKind
from floodwatch.sources import http_push, push_bodies
from floodwatch.sources.push_bodies import BadBody, from_json
from floodwatch.sources.push_settings import DEFAULT

GOOD = {
    "station": "61990001",
    "variable": "stage",
    "time": "2026-06-18T04:25:00+08:00",
    "value": 104.77,
}
AT = 1_781_727_900_000
BERLIN = Station("61990002", "示范", StationKind.RIVER, (), tz="Europe/Berlin", aliases=("柏林",))


@dataclass
class Sink:
    """Takes batches; refuses foreign stations as the way in does."""

    batches: list[Batch] = field(default_factory=list)
    broken: bool = False

    def submit(self, batch: Batch) -> Receipt:
        """Everything of an allowed station is stored."""
        if self.broken:
            raise StorageError("the disk is full")
        self.batches.append(batch)
        outcomes, refused = [], []
        for index, reading in enumerate(batch.readings):
            if batch.stations is not None and reading.station not in batch.stations:
                outcomes.append(Outcome.REJECTED)
                text = f"token is not allowed to write station {reading.station}"
                refused.append(Rejection(index, text))
            else:
                outcomes.append(Outcome.MISSING if reading.value is None else Outcome.STORED)
        return Receipt(tuple(outcomes), tuple(refused))


GRANTS = {
    "all": TokenGrant(1, "gateway"),
    "one": TokenGrant(2, "logger", frozenset({"61990001"})),
}


@pytest.fixture
def sink() -> Sink:
    """Where readings go."""
    return Sink()


@pytest.fixture
def client(sink: Sink) -> Iterator[FlaskClient]:
    """An application with the push route alone."""
    app = Flask(__name__)
    district = District(stations={BERLIN.code: BERLIN}, sources={"missing": ["停测", "No Echo"]})
    clock = SetClock(0)
    app.register_blueprint(
        http_push.blueprint(sink.submit, lambda: district, GRANTS.get, clock=clock)
    )
    with app.test_client() as made:
        yield made


def push(client: FlaskClient, body: Any, token: str = "all", **headers: str) -> Any:
    """The answer to a JSON push."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    kind = headers.pop("kind", "application/json")
    all_headers = {"Authorization": f"Bearer {token}", **headers}
    return client.post(http_push.PATH, data=data, content_type=kind, headers=all_headers)


def test_good_readings_are_counted_after_the_commit(client: FlaskClient, sink: Sink) -> None:
    answer = push(client, [GOOD, {**GOOD, "value": None}])
    assert answer.status_code == 200
    assert answer.json["accepted"] == 1
    assert answer.json["missing"] == 1
    reading = sink.batches[0].readings[0]
    assert (reading.time, reading.value) == (AT, 104.77)


def test_an_empty_list_is_taken(client: FlaskClient) -> None:
    assert push(client, []).json["accepted"] == 0


@pytest.mark.parametrize(
    ("bad", "word"),
    [
        ({"value": "3.2"}, "number"),
        ({"value": True}, "number"),
        ({"time": "yesterday at noon"}, "time"),
        ({"time": 1_781_727_900}, "ISO 8601"),
        ({"time": "0001-01-01T00:00:00"}, "time"),
        ({"station": ""}, "station"),
        ({"station": "x" * 65}, "station"),
        ({"variable": 7}, "variable"),
        ({"gauge": ["1"]}, "gauge"),
        ({"period": 300}, "period"),
        ({"period": "soon"}, "period"),
        ({"value": 10**400}, "large"),
    ],
)
def test_one_bad_reading_is_refused_by_place_and_the_others_stored(
    client: FlaskClient, bad: dict[str, Any], word: str
) -> None:
    answer = push(client, [GOOD, {**GOOD, **bad}, GOOD])
    assert answer.status_code == 200
    assert answer.json["accepted"] == 2
    (refusal,) = answer.json["rejected"]
    assert refusal["index"] == 1
    assert word in refusal["reason"]


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_what_is_no_finite_number_is_refused(client: FlaskClient, number: str) -> None:
    body = json.dumps([GOOD]).replace("104.77", number).encode()
    assert "finite" in push(client, body).json["rejected"][0]["reason"]


def test_a_reading_without_a_value_is_refused(client: FlaskClient) -> None:
    bare = {name: value for name, value in GOOD.items() if name != "value"}
    assert "value is missing" in push(client, [bare]).json["rejected"][0]["reason"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[1",
        b'"text"',
        b"7",
        b"\xff\xfe",
        b"[" * 100_000,
        b"[" + b"9" * 5000 + b"]",
    ],
)
def test_a_body_that_is_no_list_of_readings_is_400(client: FlaskClient, body: bytes) -> None:
    answer = push(client, body)
    assert answer.status_code == 400
    assert set(answer.json) == {"error", "detail"}


def test_a_key_that_stands_twice_spoils_its_own_reading_only(client: FlaskClient) -> None:
    twice = json.dumps(GOOD).replace("{", '{"value": 1, ').encode()
    body = b"[" + json.dumps(GOOD).encode() + b"," + twice + b"]"
    answer = push(client, body)
    assert (answer.status_code, answer.json["accepted"]) == (200, 1)
    (refusal,) = answer.json["rejected"]
    assert (refusal["index"], "'value' stands twice" in refusal["reason"]) == (1, True)
    assert push(client, twice).json["rejected"][0]["index"] == 0


def test_a_text_in_the_place_of_a_reading_is_not_its_own_reason(client: FlaskClient) -> None:
    assert push(client, ["well"]).json["rejected"] == [{"index": 0, "reason": "not an object"}]


def test_a_time_without_offset_is_the_stations_own(client: FlaskClient, sink: Sink) -> None:
    push(client, [{**GOOD, "station": "柏林", "time": "2026-06-18T04:25:00"}])
    assert sink.batches[0].readings[0].time == AT + 6 * 3_600_000


def test_a_local_time_that_never_was_is_refused(client: FlaskClient) -> None:
    answer = push(client, [{**GOOD, "station": "61990002", "time": "2026-03-29T02:30:00"}])
    assert "does not exist" in answer.json["rejected"][0]["reason"]


def test_csv_has_the_same_names_and_blank_means_missing(client: FlaskClient, sink: Sink) -> None:
    text = "station,variable,time,value,period\n61990001,rainfall,2026-06-18T04:25:00Z,0.5,5min\n"
    text += "61990001,stage,2026-06-18T04:25:00Z,,\n61990001,stage,2026-06-18T04:25:00Z,x,\n"
    answer = push(client, "\ufeff".encode() + text.encode(), kind="text/csv")
    assert (answer.json["accepted"], answer.json["missing"]) == (1, 1)
    assert answer.json["rejected"][0]["index"] == 2
    assert sink.batches[0].readings[0].period == 300_000


@pytest.mark.parametrize(
    ("line", "word"),
    [
        ('61990001,"stage,2026-06-18T04:30:00Z,1', "unclosed quote"),
        ('61990001,"stage"x,2026-06-18T04:30:00Z,1', "not CSV"),
        (",".join(["1"] * 30), "30 cells where the header has 4"),
        ("61990001,stage,2026-06-18T04:30:00Z,1\x002", "not a number"),
        (f"61990001,{'s' * 200_000},2026-06-18T04:30:00Z,1", "field larger"),
    ],
)
def test_a_broken_line_of_csv_spoils_no_other(client: FlaskClient, line: str, word: str) -> None:
    good = "61990001,stage,2026-06-18T04:25:00Z,1"
    text = "\r\n".join(["station,variable,time,value", good, line, "", good])
    answer = push(client, text.encode(), kind="text/csv")
    assert (answer.status_code, answer.json["accepted"]) == (200, 2)
    (refusal,) = answer.json["rejected"]
    assert (refusal["index"], word in refusal["reason"]) == (1, True)


@pytest.mark.parametrize("text", ["", "a,b\n1,2\n", "station,station,variable,time,value\n"])
def test_csv_without_its_columns_is_400(client: FlaskClient, text: str) -> None:
    assert push(client, text.encode(), kind="text/csv").status_code == 400


def test_other_kinds_of_bodies_are_415(client: FlaskClient) -> None:
    assert push(client, [GOOD], kind="application/xml").status_code == 415


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer wrong", "Basic YWxs", "bearer  "])
def test_without_a_valid_token_nothing_is_taken(
    client: FlaskClient, sink: Sink, header: str
) -> None:
    answer = client.post(http_push.PATH, json=[GOOD], headers={"Authorization": header})
    assert answer.status_code == 401
    assert sink.batches == []


def test_a_token_in_the_address_counts_for_nothing(client: FlaskClient) -> None:
    assert client.post(f"{http_push.PATH}?token=all", json=[GOOD]).status_code == 401


def test_a_limited_token_writes_only_its_stations(client: FlaskClient) -> None:
    foreign = {**GOOD, "station": "61990002"}
    mixed = push(client, [foreign, GOOD], "one")
    assert mixed.json["accepted"] == 1
    assert mixed.json["rejected"] == [
        {"index": 0, "reason": "token is not allowed to write station 61990002"}
    ]
    assert push(client, [foreign], "one").status_code == 403


def test_a_gzip_body_is_unpacked(client: FlaskClient) -> None:
    packed = gzip.compress(json.dumps([GOOD]).encode())
    assert push(client, packed, **{"Content-Encoding": "gzip"}).json["accepted"] == 1


def test_a_gzip_bomb_is_refused_before_it_is_unpacked(client: FlaskClient) -> None:
    bomb = gzip.compress(b" " * (push_bodies.LARGEST * 4))
    assert push(client, bomb, **{"Content-Encoding": "gzip"}).status_code == 413


@pytest.mark.parametrize(
    "packed", [b"no gzip", gzip.compress(b"[]")[:-4], gzip.compress(b"[]") * 2]
)
def test_a_broken_gzip_body_is_400(client: FlaskClient, packed: bytes) -> None:
    assert push(client, packed, **{"Content-Encoding": "gzip"}).status_code == 400


def test_a_large_body_and_many_readings_are_413(client: FlaskClient) -> None:
    assert push(client, b" " * (push_bodies.LARGEST + 1)).status_code == 413
    assert push(client, [0] * (push_bodies.MOST + 1)).status_code == 413


def test_a_token_that_pushes_too_fast_is_told_to_wait(client: FlaskClient) -> None:
    answers = [push(client, [], "one").status_code for _ in range(DEFAULT.burst + 1)]
    assert answers[-2:] == [200, 429]


def test_what_could_not_be_stored_is_503(client: FlaskClient, sink: Sink) -> None:
    sink.broken = True
    answer = push(client, [GOOD])
    assert answer.status_code == 503
    assert answer.headers["Retry-After"]


def test_places_of_later_refusals_are_those_of_the_body(client: FlaskClient) -> None:
    foreign = {**GOOD, "station": "61990002"}
    answer = push(client, [{"station": 1}, GOOD, foreign], "one")
    assert [each["index"] for each in answer.json["rejected"]] == [0, 2]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=20,
)


@settings(max_examples=150, deadline=None)
@given(json_values)
def test_any_json_is_either_refused_whole_or_accounted_for_reading_by_reading(found: Any) -> None:
    try:
        parsed = from_json(json.dumps(found).encode(), District().zone_of)
    except BadBody:
        return
    rows = [found] if isinstance(found, dict) else found
    places = sorted([*parsed.places, *(each.index for each in parsed.refused)])
    assert places == list(range(len(rows)))


def test_words_for_no_value_are_missing_in_json_csv_and_lines_and_others_are_refused(
    client: FlaskClient,
) -> None:
    words = ("停测", "no echo", "---", "FALLO")
    answer = push(client, [GOOD | {"value": word} for word in (*words, "offline")])
    assert (answer.json["missing"], len(answer.json["rejected"])) == (4, 1)
    rows = "".join(f"61990001,stage,{GOOD['time']},{word}\n" for word in (*words, "offline"))
    answer = push(client, f"station,variable,time,value\n{rows}".encode(), kind="text/csv")
    assert (answer.json["missing"], len(answer.json["rejected"])) == (4, 1)
    lines = "".join(f'g,station=61990001 stage="{word}"\n' for word in (*words, "offline"))
    answer = push(client, lines.encode(), kind="text/plain")
    assert (answer.json["missing"], len(answer.json["rejected"])) == (4, 1)
