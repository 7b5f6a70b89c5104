"""Listening to a real broker: acknowledged once stored, resumed, never stopped by a message."""

import signal
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from floodwatch.model.batch import Batch, Receipt
from floodwatch.model.district import District
from floodwatch.model.errors import Fenced, Refused, StorageError
from floodwatch.model.reading import Outcome
from floodwatch.model.source import Note
from floodwatch.sources.mqtt import runner
from floodwatch.sources.mqtt.runner import MqttSource
from floodwatch.sources.mqtt.settings import MqttTable
from floodwatch.sources.way import Way
from tests.pipeline import telling
from tests.sources.mqtt.brokers import Broker, broker, publish

AT = 1_781_727_900_000


def until(condition: Callable[[], object], what: str) -> None:
    """Wait for it; say what did not come to pass."""
    try:
        telling.until(condition)
    except AssertionError:
        pytest.fail(f"in vain: {what}")


class Sink:
    """Stores by (station, variable, time), as the way in does; can refuse to."""

    def __init__(self) -> None:
        self.stored: dict[tuple[str, str, int], float | None] = {}
        self.batches: list[Batch] = []
        self.kept: Any = None
        self.fault: Exception | None = None
        self.asked = 0
        self._lock = threading.Lock()

    def submit(self, batch: Batch) -> Receipt:
        """Commit a batch, or raise what is set."""
        with self._lock:
            self.asked += 1
            if self.fault is not None:
                raise self.fault
            self.batches.append(batch)
            outcomes = []
            for r in batch.readings:
                key = (r.station, r.variable, r.time)
                outcomes.append(Outcome.DUPLICATE if key in self.stored else Outcome.STORED)
                self.stored[key] = r.value
            return Receipt(tuple(outcomes))

    def submit_placed(self, batch: Batch, cursor: Any) -> Receipt:
        """The same, and the cursor."""
        receipt = self.submit(batch)
        self.kept = cursor
        return receipt

    @property
    def values(self) -> list[float | None]:
        """In order of time."""
        return [value for _, value in sorted(self.stored.items(), key=lambda item: item[0][2])]


@pytest.fixture(autouse=True)
def _hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tries follow each other quickly, and an end is soon seen."""
    monkeypatch.setattr(runner, "SHORTEST_S", 0.05)
    monkeypatch.setattr(runner, "LOOK_S", 0.02)


def settings(port: int, **more: Any) -> MqttTable:
    """A broker on this machine."""
    topics = [{"topic": "fw/{station}/{variable}"}]
    timed = {"topic": "js/{station}", "payload": "json", "variable": "stage", "time": "ts"}
    given = {"name": "test", "host": "127.0.0.1", "port": port, "topics": [*topics, timed | _MS]}
    return MqttTable.model_validate(given | more)


_MS = {"time_format": "ms"}


@contextmanager
def listening(table: MqttTable, sink: Sink, **more: Any) -> Iterator[Way]:
    """A source at work."""
    way = Way("mqtt:test", "mqtt", sink.submit, District, cursor=sink.kept)
    way.submit_placed = sink.submit_placed
    source = MqttSource(table, way, **more)
    source.start()
    try:
        yield way
    finally:
        source.stop()


def timed(first: int, last: int) -> list[tuple[str, object]]:
    """JSON messages of their own times."""
    return [("js/A", f'{{"ts": {AT + n}, "value": {n}}}') for n in range(first, last)]


def noting(way: Way) -> Callable[[], list[Note]]:
    """All that the source noted so far."""
    notes: list[Note] = []

    def seen() -> list[Note]:
        while (note := way.note()) is not None:
            notes.append(note)
        return notes

    return seen


def connected(way: Way) -> None:
    """Wait until the source has said that it works."""
    seen = noting(way)
    until(lambda: any(note.worked for note in seen()), "the broker lets us in")


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Broker]:
    """A broker that takes everybody."""
    with broker(tmp_path / "broker") as made:
        yield made


def test_messages_become_readings_in_few_batches(running: Broker) -> None:
    sink = Sink()
    with listening(settings(running.port), sink) as way:
        connected(way)
        publish(running.port, [("fw/A/stage", 1.5), ("fw/B/ph", "7.1"), *timed(0, 1000)])
        until(lambda: len(sink.stored) == 1002, "all are stored")
    assert {(s, v) for s, v, _ in sink.stored} == {("A", "stage"), ("B", "ph")}
    assert sink.asked < 500


def test_nothing_is_acknowledged_before_it_is_stored_and_all_of_it_comes_again(
    running: Broker,
) -> None:
    sink = Sink()
    sink.fault = StorageError("the disk is full")
    with listening(settings(running.port), sink) as way:
        connected(way)
        publish(running.port, timed(0, 50))
        until(lambda: sink.asked >= 2, "it was tried again")
        seen = noting(way)
        until(lambda: any("disk is full" in (n.error or "") for n in seen()), "it says why")
    assert sink.stored == {}
    sink.fault = None
    with listening(settings(running.port), sink):
        until(lambda: len(sink.stored) == 50, "all come again")


def test_a_storage_fault_recovers_without_a_restart(running: Broker) -> None:
    sink = Sink()
    with listening(settings(running.port), sink) as way:
        connected(way)
        sink.fault = StorageError("the disk is full")
        publish(running.port, timed(0, 200))
        until(lambda: sink.asked >= 2, "it was tried again")
        sink.fault = None
        until(lambda: len(sink.stored) == 200, "all are stored")


def test_what_comes_while_nobody_listens_waits_at_the_broker(running: Broker) -> None:
    sink = Sink()
    with listening(settings(running.port), sink) as way:
        connected(way)
    publish(running.port, timed(0, 300))
    with listening(settings(running.port), sink):
        until(lambda: len(sink.stored) == 300, "all come")


def test_a_broker_that_is_ended_and_started_again_loses_nothing(running: Broker) -> None:
    sink = Sink()
    with listening(settings(running.port), sink) as way:
        connected(way)
        publish(running.port, timed(0, 100))
        running.end()
        running.start()
        publish(running.port, timed(100, 200))
        until(lambda: len(sink.stored) == 200, "all are stored")
        running.end(signal.SIGKILL)
        running.start()
        connected(way)
        publish(running.port, timed(200, 300))
        until(lambda: len(sink.stored) == 300, "all are stored")


def test_a_message_stored_but_not_acknowledged_is_not_counted_twice(running: Broker) -> None:
    """As when we are killed between the commit and the acknowledgement."""
    sink, table = Sink(), settings(running.port)
    with listening(table, sink) as way:
        connected(way)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(runner.Link, "acknowledge", lambda self, message: None)
            publish(running.port, [("fw/A/rainfall", n) for n in range(10)])
            until(lambda: len(sink.stored) == 10, "all are stored")
            running.end()  # the source is not told to go: nothing is acknowledged
    assert sink.values == [float(n) for n in range(10)]
    running.start()
    with listening(table, sink) as way:
        connected(way)
        publish(running.port, [("fw/A/rainfall", 99)])
        until(lambda: 99.0 in sink.values, "the newest one has come")
    assert sink.values == [*(float(n) for n in range(10)), 99.0]
    assert sum(len(batch.readings) for batch in sink.batches) > 11, "they did come again"


def test_retained_messages_are_of_the_past_and_are_not_taken(running: Broker) -> None:
    publish(running.port, [("fw/A/stage", 1.5), ("fw/B/stage", 2.5)], retain=True)
    sink = Sink()
    with listening(settings(running.port), sink) as way:
        seen = noting(way)
        until(lambda: sum(n.counts.rejected for n in seen()) == 2, "both are counted")
        assert all("past" in refusal.why for note in seen() for refusal in note.refusals)
        assert any(note.refusals for note in seen())
        publish(running.port, [("fw/A/stage", 3.5)], retain=True)
        until(lambda: len(sink.stored) == 1, "what is new counts, though it is kept as well")
    assert sink.values == [3.5]


def test_a_message_that_cannot_be_read_is_acknowledged_counted_and_stops_nothing(
    running: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    sink = Sink()
    read = runner.Topics.read

    def failing(self: Any, topic: str, payload: bytes, **more: Any) -> Any:
        if payload == b"666":
            raise ZeroDivisionError("a fault of ours")
        return read(self, topic, payload, **more)

    monkeypatch.setattr(runner.Topics, "read", failing)
    with listening(settings(running.port), sink) as way:
        seen = noting(way)
        until(lambda: any(note.worked for note in seen()), "the broker lets us in")
        bad = [("js/A", "{"), ("fw/A/stage", "high"), ("fw/A/stage", 666), ("js/A", b"\xff")]
        publish(running.port, [*bad, *timed(0, 5)])
        until(lambda: len(sink.stored) == 5, "the good ones are stored")
        until(lambda: sum(n.counts.rejected for n in seen()) == 4, "the bad ones are counted")
        reasons = " ".join(refusal.why for note in seen() for refusal in note.refusals)
    assert "not JSON" in reasons
    assert "ZeroDivisionError" in reasons
    again = Sink()
    with listening(settings(running.port), again) as way:
        connected(way)
        publish(running.port, timed(7, 8))
        until(lambda: len(again.stored) == 1, "the new one comes")
        assert sum(n.counts.rejected for n in noting(way)()) == 0, "the bad ones came again"


def test_a_callback_that_raises_does_not_stop_reception(
    running: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    sink = Sink()
    take, raised = MqttSource._take, threading.Event()

    def failing(self: MqttSource, message: Any) -> None:
        if not raised.is_set():
            raised.set()
            raise RuntimeError("a fault of ours")
        take(self, message)

    monkeypatch.setattr(MqttSource, "_take", failing)
    with listening(settings(running.port, clean=True), sink) as way:
        connected(way)
        publish(running.port, timed(0, 3))
        until(lambda: len(sink.stored) == 2, "those after it are stored")


def test_another_engine_ends_it(running: Broker) -> None:
    sink = Sink()
    sink.fault = Fenced("the lease is gone")
    with listening(settings(running.port), sink) as way:
        connected(way)
        publish(running.port, timed(0, 3))
        until(lambda: sink.asked == 1, "it was tried once")
    assert sink.asked == 1


def _secured(tmp_path: Path) -> str:
    """A password file and an access list."""
    passwords = tmp_path / "passwords"
    tool = ["mosquitto_passwd", "-b", "-c", str(passwords), "floodwatch", "right"]
    subprocess.run(tool, check=True, capture_output=True)
    subprocess.run([*tool[:2], str(passwords), "device", "right"], check=True, capture_output=True)
    access = tmp_path / "access"
    access.write_text("user floodwatch\ntopic read fw/#\nuser device\ntopic readwrite #\n")
    return f"allow_anonymous false\npassword_file {passwords}\nacl_file {access}\n"


def _errors(way: Way) -> Callable[[], str]:
    seen = noting(way)
    return lambda: " ".join(note.error or "" for note in seen())


def test_a_wrong_password_is_said_and_a_right_one_works(tmp_path: Path) -> None:
    topics = [{"topic": "fw/{station}/{variable}"}]
    with broker(tmp_path / "broker", _secured(tmp_path)) as made:
        table = settings(made.port, user="floodwatch", topics=topics)
        secret = "FLOODWATCH_MQTT_TEST_PASSWORD"
        with listening(table, Sink(), environment={secret: "wrong"}) as way:
            errors = _errors(way)
            until(lambda: "Not authorized" in errors(), "it says that it was not let in")
        sink = Sink()
        with listening(table, sink, environment={secret: "right"}) as way:
            connected(way)
            publish(made.port, [("fw/A/stage", 1)], user="device", password="right")
            until(lambda: len(sink.stored) == 1, "it is stored")
        with pytest.raises(Refused, match=secret):
            MqttSource(
                table, Way("mqtt:test", "mqtt", sink.submit, District), environment={}
            ).start()


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An authority of our own, a certificate for 127.0.0.1 and one for the client."""
    folder = tmp_path_factory.mktemp("authority")

    def run(command: str) -> None:
        subprocess.run(["openssl", *command.split()], check=True, capture_output=True, cwd=folder)

    key = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes"
    run(f"req -x509 {key} -keyout ca.key -out ca.crt -days 2 -subj /CN=authority")
    (folder / "san").write_text("subjectAltName=IP:127.0.0.1\n")
    for name in ("server", "client"):
        run(f"req {key} -keyout {name}.key -out {name}.csr -subj /CN={name}")
        run(
            f"x509 -req -in {name}.csr -CA ca.crt -CAkey ca.key -CAcreateserial -out {name}.crt "
            "-days 2 -extfile san"
        )
    return folder


def test_tls_with_an_authority_of_our_own_and_a_certificate_for_us(
    tmp_path: Path, authority: Path
) -> None:
    tls = (
        f"allow_anonymous true\ncafile {authority}/ca.crt\ncertfile {authority}/server.crt\n"
        f"keyfile {authority}/server.key\nrequire_certificate true\n"
    )
    files = {
        "ca": f"{authority}/ca.crt", "cert": f"{authority}/client.crt",
        "key": f"{authority}/client.key",
    }  # fmt: skip
    sink = Sink()
    with broker(tmp_path / "broker", tls) as made:
        with listening(settings(made.port, tls=True, **files), sink) as way:
            connected(way)
            _publish_by_tls(made.port, authority)
            until(lambda: len(sink.stored) == 1, "it is stored")
        with listening(settings(made.port, tls=True), sink) as way:
            errors = _errors(way)
            until(lambda: "CERTIFICATE_VERIFY_FAILED" in errors(), "it does not trust the broker")
        with listening(settings(made.port), sink) as way:
            errors = _errors(way)
            until(lambda: errors() != "", "without TLS nobody answers")


def _publish_by_tls(port: int, authority: Path) -> None:
    command = ["mosquitto_pub", "-h", "127.0.0.1", "-p", str(port), "-t", "fw/A/stage", "-m", "1"]
    files = ["--cafile", "ca.crt", "--cert", "client.crt", "--key", "client.key", "-q", "1"]
    subprocess.run([*command, *files], check=True, capture_output=True, cwd=authority)


def test_a_broker_that_is_not_there_is_said(tmp_path: Path) -> None:
    nobody = Broker(tmp_path / "broker")
    with listening(settings(nobody.port), Sink()) as way:
        errors = _errors(way)
        until(lambda: "refused" in errors(), "it says that nobody is there")
