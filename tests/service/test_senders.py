"""Senders as they are found: MQTT brokers and InfluxDB clients, against the whole service."""

import gzip
import http.client
import json
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from influxdb_client import InfluxDBClient, Point, WriteOptions
from influxdb_client.client.write_api import SYNCHRONOUS
from influxdb_client.rest import ApiException

from floodwatch.store.database import FILE, Database
from floodwatch.store.readings import Readings
from floodwatch.store.source_log import states
from tests.service.running import Running, until
from tests.sources.mqtt.brokers import Broker, broker, publish

FILES = {
    "floodwatch.toml": """[service]
name = "示范区"
{source}
""",
    "stations.toml": """[[station]]
code = "61990001"
name = "示范水库"
aliases = ["gauge-7"]
kind = "reservoir"
outlet = "weir"
crest = 150.0
gauges = [
  {variable = "stage", maximum = 160.0},
  {variable = "rainfall", period = "5min"},
  {variable = "battery"} ]
""",
    "thresholds.toml": "",
    "recipients.toml": """[[person]]
name = "示范张三"
email = "a@example.org"
[[route]]
people = ["示范张三"]
channels = ["log"]
""",
}
BROKER = """[[sources.mqtt]]
name = "gateway"
host = "127.0.0.1"
port = {port}
[[sources.mqtt.topics]]
topic = "fw/{{station}}/{{variable}}"
[[sources.mqtt.topics]]
topic = "js/{{station}}"
payload = "json"
variable = "stage"
unit = "m"
time = "ts"
time_format = "ms"
"""
NOW = int(time.time() * 1000) // 60_000 * 60_000


def running(place: Path, source: str = "") -> Running:
    """The service over a folder of one station."""
    folder = place / "config"
    folder.mkdir()
    for name, text in FILES.items():
        filled = text.replace("{source}", source) if name == "floodwatch.toml" else text
        (folder / name).write_text(filled, encoding="utf-8")
    return Running(folder, place / "data")


def stored(made: Running, variable: str) -> list[tuple[int, float]]:
    """What is stored of a variable, in order of time."""
    database = Database(f"sqlite:///{made.data / FILE}")
    try:
        readings = Readings(database)
        keys = [key for key in readings.keys("61990001") if key.variable == variable]
        if not keys:
            return []
        found = readings.series(keys[0], NOW - 86_400_000, NOW + 86_400_000)
        return list(zip(found.times.tolist(), found.values.tolist(), strict=True))
    finally:
        database.close()


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator[Broker]:
    """A broker."""
    with broker(tmp_path / "broker") as made:
        yield made


@pytest.mark.parametrize("kills", [1, pytest.param(6, marks=pytest.mark.soak)])
def test_an_engine_that_is_killed_while_messages_come_stores_each_of_them_once(
    tmp_path: Path, gateway: Broker, kills: int
) -> None:
    made = running(tmp_path, BROKER.format(port=gateway.port))
    each, sent = 300, 0
    with closing(made):
        made.start()
        until(lambda: _source(made) is not None, patience=30)
        for _ in range(kills):
            part = [
                message
                for n in range(sent, sent + each)
                for message in (
                    ("js/gauge-7", json.dumps({"ts": NOW - 3_600_000 + n * 1000, "value": n / 10})),
                    ("fw/61990001/rainfall", n / 1000),
                )
            ]
            sent += each
            worker = threading.Thread(target=publish, args=(gateway.port, part))
            worker.start()
            time.sleep(0.15)  # somewhere in the middle
            assert made.kill("engine")
            worker.join()
            made.wait_ready()
        assert until(lambda: len(stored(made, "stage")) >= sent, patience=60)
        assert until(lambda: len(stored(made, "rainfall")) >= sent, patience=60)
        stages, rain = stored(made, "stage"), stored(made, "rainfall")
    wanted = [(NOW - 3_600_000 + n * 1000, n / 10) for n in range(sent)]
    assert stages == wanted
    assert sorted(value for _, value in rain) == [n / 1000 for n in range(sent)]


def _source(made: Running) -> object:
    database = Database(f"sqlite:///{made.data / FILE}")
    try:
        with database.read() as connection:
            found = states(connection).get("mqtt:gateway")
            return found if found and found.last_success else None
    finally:
        database.close()


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """The service without sources of its own."""
    made = running(tmp_path_factory.mktemp("senders"))
    with closing(made):
        made.start()
        yield made


def _ports(made: Running) -> tuple[int, int]:
    return made.push_port, made.port


@pytest.mark.parametrize("which", [0, 1])
def test_the_influxdb_client_writes_one_by_one_and_in_batches(service: Running, which: int) -> None:
    url = f"http://127.0.0.1:{_ports(service)[which]}"
    start = NOW - (3 + which) * 3_600_000

    def point(n: int) -> Point:
        made = Point("gauge").tag("station", "gauge-7").field("battery", 12 + n / 1000)
        return made.time((start + n * 1000) * 1_000_000)

    with InfluxDBClient(url, token=service.token(f"client {which}"), org="any") as client:
        assert client.ping()
        assert client.version().startswith("1.8")
        with client.write_api(write_options=SYNCHRONOUS) as writing:
            writing.write("any", record=[point(n) for n in range(100)])
            refused = Point("gauge").tag("station", "nowhere").field("battery", 1)
            with pytest.raises(ApiException) as told:
                writing.write("any", record=[point(100), refused])
        errors: list[object] = []
        options = WriteOptions(batch_size=50, flush_interval=200)
        with client.write_api(
            options, error_callback=lambda *found: errors.append(found)
        ) as writing:
            for n in range(101, 300):
                writing.write("any", record=point(n))
    assert (told.value.status, json.loads(told.value.body)["code"]) == (400, "invalid")
    assert errors == []
    found = [v for t, v in stored(service, "battery") if start <= t < start + 300_000]
    assert found == [12 + n / 1000 for n in range(300)]


def test_a_body_in_pieces_as_telegraf_sends_it_is_taken(service: Running) -> None:
    at = NOW - 60_000
    body = f"gauge,host=gw,station=61990001 stage=104.77 {at}000000\n".encode()
    packed = gzip.compress(body)
    headers = {
        "Authorization": f"Token {service.token('pieces')}",
        "Content-Encoding": "gzip",
        "Content-Type": "text/plain; charset=utf-8",
    }
    for port in _ports(service):
        with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=20)) as connection:
            pieces = iter([packed[:10], packed[10:]])
            connection.request("POST", "/write?db=telegraf", pieces, headers, encode_chunked=True)
            answer = connection.getresponse()
            assert (answer.status, answer.read()) == (204, b"")
            connection.request("GET", "/ping")
            assert connection.getresponse().status == 204
    assert stored(service, "stage") == [(at, 104.77)]
