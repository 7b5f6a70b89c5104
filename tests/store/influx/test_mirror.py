"""The mirror against real servers: everything arrives once, in whatever way the server fails."""

import gzip
import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
import requests

from floodwatch.hydrology.series import Series
from floodwatch.model.clock import DAY, HOUR, MINUTE, SystemClock
from floodwatch.model.quality import Flag, Reason, pack
from floodwatch.model.reading import SeriesKey
from floodwatch.store import archive, journal
from floodwatch.store.compaction import compact
from floodwatch.store.database import Database
from floodwatch.store.influx import mirror, reading
from floodwatch.store.influx.mirror import Mirror
from floodwatch.store.influx.server import Away, LinesRefused, Misconfigured, Server, server
from floodwatch.store.influx.settings import PASSWORD as SECRET
from floodwatch.store.influx.settings import TOKEN, InfluxTable
from floodwatch.store.journal import Row
from tests.store.influx.running import DATABASE, PASSWORD, USER, Influx, influx, victoria
from tests.store.series_of import add_series

NOW = 20_000 * DAY
SEALED = NOW - 8 * DAY
AROUND = SEALED - 100 * DAY, NOW + 100 * DAY
AWKWARD = "示范 站,=\"'\\x"  # nothing in a name may end a tag or a question
KEY = SeriesKey("61990001", "1", "stage", 0)


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Influx]:
    with influx(tmp_path_factory.mktemp("influx")) as started:
        yield started


@pytest.fixture
def there(running: Influx) -> Iterator[Server]:
    """The server with an empty database: FLOODWATCH_TEST_INFLUX_URL names another one."""
    url = os.environ.get("FLOODWATCH_TEST_INFLUX_URL")
    if url:
        made = server(
            InfluxTable(
                url=url,
                org=os.environ.get("FLOODWATCH_TEST_INFLUX_ORG", ""),
                bucket=os.environ.get("FLOODWATCH_TEST_INFLUX_BUCKET", "floodwatch"),
            ),
            {TOKEN: os.environ.get("FLOODWATCH_TEST_INFLUX_TOKEN", "")},
        )
    else:
        running.empty()
        made = server(table(running.url), {SECRET: PASSWORD})
    yield made
    made.close()


def table(url: str, **given: object) -> InfluxTable:
    return InfluxTable(**{"url": url, "api": "v1", "database": DATABASE, "user": USER} | given)


def mirrored(database: Database, there: Server, *, batch: int = 500) -> Mirror:
    made = Mirror(database, there, clock=SystemClock(), batch=batch)
    for _ in range(1_000):
        if not made.round():
            return made
    raise AssertionError("the mirror never comes to an end")


def put(database: Database, number: int, times: Sequence[int], *, factor: float = 0.01) -> None:
    with database.write() as tx:
        journal.put(tx, [Row(number, t, (t // MINUTE % 977) * factor, 2, t) for t in times])


def old(database: Database, number: int, times: Sequence[int]) -> None:
    """Readings in blocks, with every flag among them."""
    flags = [pack(flag, reason) for flag in Flag for reason in Reason]
    column = np.array(times, np.int64)
    values = np.sin(column / DAY) * 1e3
    quality = np.resize(np.array(flags, np.int16), column.size)
    with database.write() as tx:
        archive.merge(tx, number, Series(column, values, quality))


def differences(database: Database, there: Server, key: SeriesKey, number: int) -> list[object]:
    return list(reading.verify(database, there, number, key, start=-(2**53), end=2**53))


@pytest.fixture
def number(sqlite_database: Database) -> int:
    return add_series(sqlite_database, sealed_until=SEALED)


def test_rows_and_blocks_arrive_to_the_last_bit(
    sqlite_database: Database, number: int, there: Server
) -> None:
    old(sqlite_database, number, range(SEALED - 40 * DAY, SEALED, 10 * MINUTE))
    put(sqlite_database, number, range(SEALED, NOW, 5 * MINUTE))
    mirrored(sqlite_database, there)
    assert differences(sqlite_database, there, KEY, number) == []
    found = reading.read(there, KEY, *AROUND)
    assert found.size == 40 * 144 + 8 * 288


def test_names_cannot_end_a_tag_or_a_question(sqlite_database: Database, there: Server) -> None:
    names = [AWKWARD, "a b", "c,d", "e=f", "'; DROP MEASUREMENT stage; --"]
    numbers = [add_series(sqlite_database, sealed_until=SEALED, station=name) for name in names]
    for n in numbers:
        put(sqlite_database, n, [NOW + n])
    mirrored(sqlite_database, there)
    for name, n in zip(names, numbers, strict=True):
        key = KEY._replace(station=name)
        assert differences(sqlite_database, there, key, n) == []


def test_a_correction_and_a_late_reading_follow(
    sqlite_database: Database, number: int, there: Server
) -> None:
    put(sqlite_database, number, range(NOW, NOW + HOUR, MINUTE))
    follow = mirrored(sqlite_database, there)
    put(sqlite_database, number, [NOW + MINUTE], factor=0.5)
    put(sqlite_database, number, [SEALED - 5 * DAY])  # so late that it goes into a block
    while follow.round():
        pass
    assert differences(sqlite_database, there, KEY, number) == []
    assert reading.read(there, KEY, *AROUND).size == 61


def test_what_was_taken_back_goes_there_too(
    sqlite_database: Database, number: int, there: Server
) -> None:
    times = np.arange(SEALED - DAY, SEALED - DAY + HOUR, MINUTE)
    old(sqlite_database, number, times)
    put(sqlite_database, number, range(NOW, NOW + HOUR, MINUTE))
    follow = mirrored(sqlite_database, there)
    gone = np.concatenate((times[:10], np.arange(NOW, NOW + 5 * MINUTE, MINUTE)))
    with sqlite_database.write() as tx:
        archive.restore(
            tx,
            number,
            times=gone,
            values=np.zeros(gone.size),
            absent=np.ones(gone.size, np.bool_),
            quality=np.zeros(gone.size, np.int16),
        )
    while follow.round():
        pass
    assert differences(sqlite_database, there, KEY, number) == []
    assert reading.read(there, KEY, *AROUND).size == 120 - 15


def test_what_left_the_journal_unsent_is_not_forgotten(
    sqlite_database: Database, number: int, there: Server
) -> None:
    put(sqlite_database, number, range(NOW - DAY, NOW, MINUTE))
    follow = mirrored(sqlite_database, there)
    put(sqlite_database, number, range(NOW, NOW + DAY, MINUTE))  # while the server is away
    compact(sqlite_database, now=NOW + 20 * DAY)
    while follow.round():
        pass
    assert differences(sqlite_database, there, KEY, number) == []
    sent = reading.read(there, KEY, *AROUND).size
    assert sent == 2 * 1440


def test_moving_into_blocks_sends_nothing_again(
    sqlite_database: Database, number: int, there: Server
) -> None:
    put(sqlite_database, number, range(NOW - DAY, NOW, MINUTE))
    follow = mirrored(sqlite_database, there)
    compact(sqlite_database, now=NOW + 20 * DAY)
    assert not follow.round()


def test_killed_and_started_again_it_loses_and_doubles_nothing(
    sqlite_database: Database, number: int, running: Influx, there: Server
) -> None:
    for start in range(NOW, NOW + 2_000 * MINUTE, 100 * MINUTE):
        put(sqlite_database, number, range(start, start + 100 * MINUTE, MINUTE))
    follow = Mirror(sqlite_database, there, clock=SystemClock(), batch=200)
    follow.round()
    follow.round()
    running.kill()
    with pytest.raises(Away):
        follow.round()
    put(sqlite_database, number, range(NOW + DAY * 2, NOW + DAY * 2 + HOUR, MINUTE))
    running.start()
    follow = mirrored(sqlite_database, there, batch=200)  # a new process of ours, too
    assert differences(sqlite_database, there, KEY, number) == []
    assert running.count("stage") == 2_060


def test_refused_readings_are_found_out_one_by_one_and_the_others_stored(
    sqlite_database: Database, number: int, running: Influx
) -> None:
    with refusing(running.url, b"gauge=bad") as url:
        there = server(table(url), {SECRET: PASSWORD})
        running.empty()
        bad = add_series(sqlite_database, sealed_until=SEALED, gauge="bad")
        put(sqlite_database, number, range(NOW, NOW + HOUR, MINUTE))
        put(sqlite_database, bad, [NOW, NOW + MINUTE])
        mirrored(sqlite_database, there)
        there.close()
    assert running.count("stage") == 60
    with sqlite_database.read() as connection:
        refused = mirror.refused(connection, most=9)
        found = mirror.place(connection)
    assert [(one["gauge"], one["time"]) for one in refused] == [
        ("bad", NOW + MINUTE),
        ("bad", NOW),
    ]
    assert "partial write" in refused[0]["reason"]
    assert found is not None
    assert (found.sent, found.refused) == (60, 2)


def test_a_wrong_password_and_a_missing_database_are_said(running: Influx) -> None:
    key, line = KEY, ["stage,station=61990001 value=1.0 1"]
    wrong = server(table(running.url), {SECRET: "guess"})
    with pytest.raises(Misconfigured, match="401"):
        wrong.write(line)
    with pytest.raises(Misconfigured, match="401"):
        wrong.read(key, 0, 1)
    missing = server(table(running.url, database="elsewhere"), {SECRET: PASSWORD})
    with pytest.raises(Misconfigured):
        missing.write(line)
    nobody = server(table("http://127.0.0.1:9"), {SECRET: PASSWORD})
    with pytest.raises(Away):
        nobody.write(line)


def test_lines_that_are_none_are_refused(there: Server) -> None:
    with pytest.raises(LinesRefused):
        there.write(["stage,station= value=1.0 1"])


def test_the_v2_path_writes_to_another_engine_and_knows_that_it_cannot_read_there(
    sqlite_database: Database, number: int, tmp_path: Path
) -> None:
    with victoria(tmp_path / "victoria") as url:
        there = server(InfluxTable(url=url, org="示范"), {TOKEN: "none"})
        put(sqlite_database, number, range(NOW, NOW + HOUR, MINUTE))
        mirrored(sqlite_database, there, batch=25)
        requests.get(f"{url}/internal/force_flush", timeout=10)
        asked = {"match[]": 'stage_value{station="61990001",gauge="1"}'}
        export = requests.get(f"{url}/api/v1/export", params=asked, timeout=10)
        points = [
            p
            for line in export.text.splitlines()
            for p in requests.models.complexjson.loads(line)["timestamps"]
        ]
        assert sorted(points) == list(range(NOW, NOW + HOUR, MINUTE))
        with pytest.raises(Misconfigured, match="does not answer InfluxQL"):
            there.read(KEY, NOW, NOW + HOUR)
        there.close()


@pytest.mark.parametrize("api", ["v1", "v2"])
@pytest.mark.parametrize(
    ("status", "raised"),
    [
        (500, Away),
        (503, Away),
        (429, Away),
        (401, Misconfigured),
        (404, Misconfigured),
        (400, LinesRefused),
        (413, LinesRefused),
        (422, LinesRefused),
    ],
)
def test_every_answer_is_taken_for_what_it_means(
    api: str, status: int, raised: type[Exception]
) -> None:
    with answering(status) as url:
        there = server(InfluxTable(url=url, api=api, org="x"), {TOKEN: "t"})
        with pytest.raises(raised) as caught:
            there.write(["stage value=1.0 1"])
        assert str(status) in str(caught.value)
        if status == 429:
            assert caught.value.wait == 7.0  # type: ignore[attr-defined]
        there.close()


class _Answer(BaseHTTPRequestHandler):
    status = 500

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(self.status)
        self.send_header("Retry-After", "7")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *args: object) -> None:
        """Silence."""


@contextmanager
def answering(status: int) -> Iterator[str]:
    """A server that answers every write with one status."""
    handler = type("Answer", (_Answer,), {"status": status})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as listening:
        thread = threading.Thread(target=listening.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listening.server_port}"
        listening.shutdown()


@contextmanager
def refusing(url: str, word: bytes) -> Iterator[str]:
    """Before a real server: of lines with a word it stores the others, and says so as it does."""

    class Refusing(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = gzip.decompress(self.rfile.read(int(self.headers["Content-Length"])))
            lines = body.split(b"\n")
            good = [line for line in lines if word not in line]
            response = requests.post(
                url + self.path,
                data=b"\n".join(good),
                headers={"Authorization": self.headers["Authorization"]},
                timeout=10,
            )
            status, text = response.status_code, response.content
            if len(good) < len(lines):
                dropped = len(lines) - len(good)
                status, text = 400, b'{"error":"partial write: dropped=%d"}' % dropped
            self.send_response(status)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *args: object) -> None:
            """Silence."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Refusing) as listening:
        threading.Thread(target=listening.serve_forever, args=(0.02,), daemon=True).start()
        yield f"http://127.0.0.1:{listening.server_port}"
        listening.shutdown()
