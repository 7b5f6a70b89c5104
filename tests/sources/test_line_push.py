"""/write and /api/v2/write: what senders of line protocol send, and what they are answered."""

import base64
import gzip
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from floodwatch.model.batch import Batch, Receipt, Rejection
from floodwatch.model.clock import SetClock
from floodwatch.model.district import District
from floodwatch.model.errors import StorageError
from floodwatch.model.people import TokenGrant
from floodwatch.model.reading import Outcome, RawReading
from floodwatch.sources import http_push
from floodwatch.sources.push_settings import PushTable

NOW = 1_781_727_912_345
AT = 1_781_727_900_000
GRANTS = {"all": TokenGrant(1, "gateway"), "one": TokenGrant(2, "logger", frozenset({"A"}))}
LIMITS = PushTable(rate=5, burst=20, largest="64kB", most=50)


@dataclass
class Sink:
    """Takes batches; refuses foreign stations and one that nobody knows, as the way in does."""

    batches: list[Batch] = field(default_factory=list)
    broken: bool = False

    @property
    def readings(self) -> list[RawReading]:
        """Everything that was handed in."""
        return [reading for batch in self.batches for reading in batch.readings]

    def submit(self, batch: Batch) -> Receipt:
        """Everything of a known and allowed station is stored."""
        if self.broken:
            raise StorageError("the disk is full")
        self.batches.append(batch)
        outcomes, refused = [], []
        for index, reading in enumerate(batch.readings):
            reason = ""
            if reading.station == "nowhere":
                reason = "unknown station nowhere"
            elif batch.stations is not None and reading.station not in batch.stations:
                reason = f"token is not allowed to write station {reading.station}"
            if reason:
                refused.append(Rejection(index, reason))
            outcomes.append(Outcome.REJECTED if reason else Outcome.STORED)
        return Receipt(tuple(outcomes), tuple(refused))


@pytest.fixture
def sink() -> Sink:
    """Where readings go."""
    return Sink()


@pytest.fixture
def client(sink: Sink) -> Iterator[FlaskClient]:
    """An application with the push routes alone."""
    app = Flask(__name__)
    district = District(sources={"push": LIMITS})
    routes = http_push.blueprint(
        sink.submit, lambda: district, GRANTS.get, clock=SetClock(0), now=lambda: NOW
    )
    app.register_blueprint(routes)
    with app.test_client() as made:
        yield made


def write(client: FlaskClient, body: str | bytes, path: str = "/write", **headers: str) -> Any:
    """The answer to a push of line protocol."""
    kind = headers.pop("kind", "text/plain; charset=utf-8")
    given = {"Authorization": "Token all", **headers}
    return client.post(path, data=body, content_type=kind, headers=given)


BOTH = pytest.mark.parametrize("path", ["/write", "/api/v2/write"])


@BOTH
def test_what_is_stored_whole_is_204(client: FlaskClient, sink: Sink, path: str) -> None:
    answer = write(client, f"stage,station=A,host=gw value=104.77 {AT}000000\n", path)
    assert (answer.status_code, answer.data) == (204, b"")
    assert sink.readings == [RawReading("A", "stage", AT, 104.77)]
    assert sink.batches[0].source == "push:gateway"


def test_fields_are_variables_and_value_is_the_measurement(client: FlaskClient, sink: Sink) -> None:
    body = (
        f"gauge,station=A,gauge=2,unit=cm stage=104i,battery=12.6 {AT}000000\n"
        f"rainfall,station=A,period=5min value=0.5 {AT}000000\n"
        f"mqtt_consumer,station=A,variable=ph value=7u {AT}000000\n"
        f'pump,station=A pumps_running=true,stage="---" {AT}000000\n'
    )
    assert write(client, body).status_code == 204
    assert sink.readings == [
        RawReading("A", "stage", AT, 104.0, "2", "cm"),
        RawReading("A", "battery", AT, 12.6, "2", "cm"),
        RawReading("A", "rainfall", AT, 0.5, period=300_000),
        RawReading("A", "ph", AT, 7.0),
        RawReading("A", "pumps_running", AT, 1.0),
        RawReading("A", "stage", AT, None),
    ]


@pytest.mark.parametrize(
    ("precision", "time", "at"),
    [
        ("", AT * 1_000_000, AT),
        ("ns", AT * 1_000_000 + 999_999, AT),
        ("n", AT * 1_000_000, AT),
        ("us", AT * 1_000, AT),
        ("u", AT * 1_000, AT),
        ("ms", AT, AT),
        ("s", AT // 1_000, AT),
        ("m", AT // 60_000, AT // 60_000 * 60_000),
        ("h", AT // 3_600_000, AT // 3_600_000 * 3_600_000),
        ("ms", "", NOW),
        ("s", "", NOW // 1_000 * 1_000),
        ("", "", NOW),
    ],
)
@BOTH
def test_times_are_of_the_precision_asked_for_and_now_without_one(
    client: FlaskClient, sink: Sink, path: str, precision: str, time: object, at: int
) -> None:
    answer = write(client, f"stage,station=A value=1 {time}", f"{path}?precision={precision}&db=x")
    assert answer.status_code == 204
    assert sink.readings[0].time == at


@pytest.mark.parametrize("time", [AT // 1_000, AT, AT * 1_000])
def test_a_time_of_the_wrong_precision_is_refused_and_not_of_1970(
    client: FlaskClient, sink: Sink, time: int
) -> None:
    answer = write(client, f"stage,station=A value=1 {time}")
    assert answer.status_code == 400
    assert "precision" in answer.json["error"]
    assert sink.readings == []


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        ("stage value=1", "no tag station"),
        ("stage,station=nowhere value=1", "unknown station nowhere"),
        ("stage,station=A value=", "unable to parse"),
        ("stage,station=A value=true", "not a number"),
        ('stage,station=A value="3.2"', "without quotes"),
        ("stage,station=A,period=soon value=1", "soon"),
        (f"stage,station={'x' * 65} value=1", "characters"),
        ("stage,station=A value=NaN", "no number"),
    ],
)
def test_refused_lines_are_told_in_influxs_words_and_the_others_stored(
    client: FlaskClient, sink: Sink, bad: str, why: str
) -> None:
    body = f"stage,station=A value=1\n{bad}\nstage,station=A value=2\n"
    old = write(client, body)
    assert (old.status_code, list(old.json)) == (400, ["error"])
    assert old.json["error"].startswith("partial write: ")
    assert old.json["error"].endswith("(line 2) dropped=1")
    assert why in old.json["error"]
    new = write(client, body, "/api/v2/write")
    assert (new.status_code, new.json["code"]) == (400, "invalid")
    assert new.json["message"] == old.json["error"]
    assert [r.value for r in sink.readings if r.station == "A"] == [1.0, 2.0, 1.0, 2.0]


def test_dropped_counts_lines_and_not_fields(client: FlaskClient) -> None:
    body = 'x,station=A a="b",c="d"\nx,station=A stage=1,a="b"\nx,station=A stage=1'
    assert write(client, body).json["error"].endswith("dropped=2")


def _basic(pair: str) -> str:
    return "Basic " + base64.b64encode(pair.encode()).decode()


@pytest.mark.parametrize(
    "header", ["Token all", "Bearer all", "token all", "Token user:all", _basic("any:all")]
)
@BOTH
def test_a_token_comes_in_any_of_the_usual_ways(
    client: FlaskClient, path: str, header: str
) -> None:
    answer = write(client, "stage,station=A value=1", path, Authorization=header)
    assert answer.status_code == 204


@pytest.mark.parametrize(
    "header", ["", "Token", "Token no", _basic("all:"), "Basic %%", "Digest x"]
)
@BOTH
def test_without_a_valid_token_nothing_is_taken(
    client: FlaskClient, sink: Sink, path: str, header: str
) -> None:
    answer = write(client, "stage,station=A value=1", path, Authorization=header)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"]
    assert "code" not in answer.json or answer.json["code"] == "unauthorized"
    assert sink.batches == []


@BOTH
def test_a_password_in_the_address_is_refused_even_beside_a_good_header(
    client: FlaskClient, sink: Sink, path: str
) -> None:
    answer = write(client, "stage,station=A value=1", f"{path}?u=x&p=all")
    assert answer.status_code == 401
    assert "logs" in answer.get_data(as_text=True)
    assert sink.batches == []


def test_a_token_of_other_stations_alone_is_403(client: FlaskClient) -> None:
    answer = write(client, "stage,station=B value=1", Authorization="Token one")
    assert answer.status_code == 403
    mixed = write(
        client, "stage,station=B value=1\nstage,station=A value=1", Authorization="Token one"
    )
    assert mixed.status_code == 400


def test_bodies_are_bounded_packed_or_not(client: FlaskClient) -> None:
    line = b"stage,station=A value=1\n"
    assert write(client, gzip.compress(line), **{"Content-Encoding": "gzip"}).status_code == 204
    bomb = gzip.compress(b"#" * 1_000_000)
    assert write(client, bomb, **{"Content-Encoding": "gzip"}).status_code == 413
    assert write(client, b"#" * 65_537).status_code == 413
    many = write(client, line * 51, "/api/v2/write")
    assert (many.status_code, many.json["code"]) == (413, "request too large")
    assert write(client, b"x", **{"Content-Encoding": "gzip"}).status_code == 400


def test_who_writes_too_fast_is_told_to_wait_so_that_nothing_is_thrown_away(
    client: FlaskClient,
) -> None:
    for _ in range(LIMITS.burst):
        write(client, "")
    new, old = write(client, "", "/api/v2/write"), write(client, "")
    assert (new.status_code, new.json["code"]) == (429, "too many requests")
    assert old.status_code == 503  # Telegraf throws away what version 1 answers with 4xx
    assert new.headers["Retry-After"]
    assert old.headers["Retry-After"]


@BOTH
def test_what_could_not_be_stored_is_503(client: FlaskClient, sink: Sink, path: str) -> None:
    sink.broken = True
    answer = write(client, "stage,station=A value=1", path)
    assert answer.status_code == 503
    assert answer.headers["Retry-After"]
    assert "disk" in answer.get_data(as_text=True)


def test_an_unknown_precision_is_400(client: FlaskClient) -> None:
    answer = write(client, "stage,station=A value=1", "/write?precision=fortnight")
    assert answer.status_code == 400
    assert "precision" in answer.json["error"]


def test_an_empty_body_is_204(client: FlaskClient) -> None:
    assert write(client, "# nothing\n\n").status_code == 204


def test_ping_says_which_version_is_spoken(client: FlaskClient) -> None:
    for answer in (client.get("/ping"), client.head("/ping")):
        assert answer.status_code == 204
        assert answer.headers["X-Influxdb-Version"].startswith("1.8")


def test_a_sender_may_ask_for_its_database_and_nothing_else(client: FlaskClient) -> None:
    ask = {"Authorization": "Token all"}
    made = client.post("/query", data={"q": 'CREATE DATABASE "telegraf"'}, headers=ask)
    assert (made.status_code, made.json) == (200, {"results": [{"statement_id": 0}]})
    assert client.post("/query", data={"q": "SELECT * FROM x"}, headers=ask).status_code == 400
    assert client.post("/query", data={"q": "CREATE DATABASE x"}).status_code == 401


def test_line_protocol_is_a_kind_of_readings(client: FlaskClient, sink: Sink) -> None:
    body = f"# two\nstage,station=A value=1 {AT}\nstage,station=nowhere value=1 {AT}\nbad"
    answer = write(client, body, f"{http_push.PATH}?precision=ms", Authorization="Bearer all")
    assert (answer.status_code, answer.json["accepted"]) == (200, 1)
    assert [each["index"] for each in answer.json["rejected"]] == [2, 3]
    assert sink.readings[0].time == AT
