"""A telemetry database is polled: on PostgreSQL and on MariaDB."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import make_url
from sqlalchemy.exc import DBAPIError

from floodwatch.config.live import Configuration
from floodwatch.model.batch import Batch, Receipt
from floodwatch.model.clock import DAY, HOUR, MINUTE
from floodwatch.model.errors import Refused, StorageError
from floodwatch.model.reading import SeriesKey
from floodwatch.model.source import NOTHING, Counts, Note, joined
from floodwatch.sources import sql_poll
from floodwatch.sources.sql_poll import SqlPoll
from floodwatch.sources.sql_settings import SqlTable
from floodwatch.sources.way import Way
from floodwatch.store.database import Database
from tests.pipeline.town import GAUGE, RESERVOIR, START, Town
from tests.servers import mariadb_server
from tests.sources.line import line
from tests.sources.telemetry_database import Telemetry, telemetry

NOW = START + 12 * HOUR
ENVIRONMENT = {"FLOODWATCH_SQL_COUNTY_PASSWORD": "geheim"}


@pytest.fixture(scope="module")
def mariadb_url() -> Iterator[str]:
    """A server for this module."""
    with mariadb_server() as url:
        yield url


@pytest.fixture(params=[pytest.param("postgres", marks=pytest.mark.postgres), "mariadb"])
def county(request: pytest.FixtureRequest) -> Iterator[Telemetry]:
    """The tables, on each of the servers."""
    with telemetry(request.getfixturevalue(f"{request.param}_url")) as found:
        yield found


@pytest.fixture
def town(sqlite_database: Database, tmp_path: Path) -> Town:
    """The way in."""
    return Town(sqlite_database, tmp_path / "config", at=NOW)


class Rig:
    """A poller between the two; `start` is a start of the engine."""

    def __init__(self, county: Telemetry, town: Town, **settings: Any) -> None:
        self.town, self.cursor = town, None
        tables = settings.pop("tables", [{"preset": "ST_RSVR_R"}, {"preset": "ST_PPTN_R"}])
        given = {"storage_unit": "million_m3", "tables": tables, **settings}
        self.settings = SqlTable.model_validate({"name": "county", "url": county.url, **given})
        self.noted = NOTHING
        self.handed: list[Batch] = []
        self.submit = lambda batch: town.send(batch)[0]
        self.start()

    def start(self) -> None:
        """Nothing is remembered but the cursor."""
        self.way = Way(
            "sql:county", "sql", self._submit, self._district,
            now=self.town.clock.wall, clock=self.town.clock, polls=True,
            cursor=self.cursor, write_down=self._write_down,
        )  # fmt: skip
        self.poller = SqlPoll(self.settings, self.way, environment=ENVIRONMENT)

    def poll(self) -> Note:
        """One poll; what it noted."""
        self.noted = NOTHING
        assert self.poller.poll()
        self._write_down(self.way)
        return self.noted

    def values(self, variable: str = "stage", *, station: str = RESERVOIR) -> list[float]:
        """What is stored, oldest first."""
        period = 5 * MINUTE if variable == "rainfall" else 0
        key = SeriesKey(station, "1", variable, period)
        return [float(v) for v in self.town.readings.series(key, 0, NOW + DAY).values]

    def _submit(self, batch: Batch) -> Receipt:
        self.handed.append(batch)
        return self.submit(batch)

    def _write_down(self, way: Way) -> None:
        note = way.note()
        if note is not None:
            self.noted = joined(self.noted, note)
            self.cursor = self.cursor if note.cursor is None else note.cursor

    def _district(self) -> Any:
        return Configuration(self.town.database).current()


@pytest.fixture
def rig(county: Telemetry, town: Town) -> Rig:
    """A poller over both."""
    return Rig(county, town)


def test_rows_become_readings(county: Telemetry, rig: Rig) -> None:
    county.put("ST_RSVR_R", RESERVOIR, NOW - HOUR, RZ=95.10, W=3.2)
    county.put("ST_RSVR_R", RESERVOIR, NOW, RZ=95.12, W=3.3)
    county.put("ST_PPTN_R", GAUGE, NOW, DRP=4.5, INTV=0.05)
    note = rig.poll()
    assert rig.values() == [95.10, 95.12]
    assert rig.values("rainfall", station=GAUGE) == [4.5]
    assert (note.counts.stored, note.newest, note.failures) == (3, NOW, 0)


def test_what_has_not_changed_is_not_handed_in_again(county: Telemetry, rig: Rig) -> None:
    county.put("ST_RSVR_R", RESERVOIR, NOW, RZ=95.12)
    rig.poll()
    rig.handed.clear()
    note = rig.poll()
    assert (rig.handed, note.counts) == ([], Counts())


def test_a_late_row_within_the_overlap_is_found_without_a_time_of_change(
    county: Telemetry, town: Town
) -> None:
    rig = Rig(county, town, tables=[{"preset": "ST_RSVR_R", "modified": ""}])
    county.put("ST_RSVR_R", RESERVOIR, NOW, RZ=95.12)
    rig.poll()
    county.put("ST_RSVR_R", RESERVOIR, NOW - 5 * HOUR, RZ=94.90)
    rig.poll()
    assert rig.values() == [94.90, 95.12]


def test_a_row_that_comes_days_late_is_found_by_its_time_of_change(
    county: Telemetry, rig: Rig
) -> None:
    county.put("ST_RSVR_R", RESERVOIR, NOW, RZ=95.12)
    rig.poll()
    county.put("ST_RSVR_R", RESERVOIR, NOW - 2 * DAY, changed=NOW + MINUTE, RZ=94.20)
    rig.poll()
    assert rig.values() == [94.20, 95.12]


def test_a_correction_replaces_the_value(county: Telemetry, rig: Rig) -> None:
    county.put("ST_RSVR_R", RESERVOIR, NOW - 20 * HOUR, RZ=85.12)
    county.put("ST_RSVR_R", RESERVOIR, NOW, RZ=95.12)
    rig.poll()
    county.put("ST_RSVR_R", RESERVOIR, NOW - 20 * HOUR, changed=NOW + MINUTE, RZ=95.02)
    rig.poll()
    assert rig.values() == [95.02, 95.12]


def test_a_stranger_s_station_is_refused_with_its_code_and_counted(
    county: Telemetry, rig: Rig
) -> None:
    county.put("ST_RSVR_R", "41800001", NOW, RZ=12.3, INQ=4.0)
    county.put("ST_RSVR_R", RESERVOIR, NOW, RZ=95.12)
    note = rig.poll()
    assert note.counts == Counts(taken=3, stored=1, rejected=2)
    assert [(r.what, r.why) for r in note.refusals] == [
        ("41800001", "unknown station: add the code to a station's aliases")
    ]


def test_only_known_stations_are_asked_for_when_that_is_wished(
    county: Telemetry, town: Town
) -> None:
    rig = Rig(county, town, only_known=True)
    county.put("ST_RSVR_R", "41800001", NOW, RZ=12.3)
    county.put("ST_RSVR_R", RESERVOIR, NOW, RZ=95.12)
    note = rig.poll()
    assert (rig.values(), note.refusals) == ([95.12], ())


def test_an_empty_value_is_counted_as_missing(county: Telemetry, rig: Rig) -> None:
    county.put("ST_RSVR_R", RESERVOIR, NOW, RZ=None)
    note = rig.poll()
    assert (rig.values(), note.counts) == ([], Counts(taken=1))


def test_the_first_start_goes_back_as_far_as_it_is_told(county: Telemetry, town: Town) -> None:
    rig = Rig(county, town, since="1d")
    county.put("ST_RSVR_R", RESERVOIR, NOW - 2 * DAY, RZ=90.00)
    county.put("ST_RSVR_R", RESERVOIR, NOW - 20 * HOUR, RZ=94.00)
    rig.poll()
    assert rig.values() == [94.00]


def test_a_long_history_comes_page_by_page(
    county: Telemetry, town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sql_poll, "PAGE", 100)
    rig = Rig(county, town, tables=[{"preset": "ST_RSVR_R"}])
    county.fill(RESERVOIR, NOW - 700 * MINUTE, 700)
    rig.poll()
    assert (len(rig.values()), len(rig.handed)) == (700, 8)


def test_many_rows_of_one_time_are_a_page(
    county: Telemetry, town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sql_poll, "PAGE", 4)
    rig = Rig(county, town, tables=[{"preset": "ST_RSVR_R"}])
    for number in range(10):
        county.put("ST_RSVR_R", f"4180000{number}", NOW, RZ=1.0)
    county.put("ST_RSVR_R", RESERVOIR, NOW + MINUTE, RZ=95.12)
    note = rig.poll()
    assert (rig.values(), note.counts.rejected) == ([95.12], 10)


def test_after_a_kill_nothing_is_lost_and_nothing_counts_twice(
    county: Telemetry, town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sql_poll, "PAGE", 100)
    rig = Rig(county, town, tables=[{"preset": "ST_RSVR_R"}])
    county.fill(RESERVOIR, NOW - 700 * MINUTE, 700)

    def killed(batch: Batch) -> Receipt:
        receipt = town.send(batch)[0]
        if len(rig.handed) == 3:  # it is committed, and nobody hears of it
            raise KeyboardInterrupt
        return receipt

    rig.submit = killed
    with pytest.raises(KeyboardInterrupt):
        rig.poll()
    town.restart()
    rig.submit = lambda batch: town.send(batch)[0]
    rig.start()
    note = rig.poll()
    assert len(rig.values()) == 700
    assert (note.counts.rejected, note.counts.stored) == (0, 400 + 2)


def test_what_could_not_be_stored_is_handed_in_again(county: Telemetry, rig: Rig) -> None:
    def full(batch: Batch) -> Receipt:
        raise StorageError("the disk is full")

    county.put("ST_RSVR_R", RESERVOIR, NOW, RZ=95.12)
    stored, rig.submit = rig.submit, full
    with pytest.raises(StorageError):
        rig.poll()
    rig.submit = stored
    rig.poll()
    assert rig.values() == [95.12]


def test_a_table_that_is_not_there_stops_no_other_and_is_said(
    county: Telemetry, town: Town
) -> None:
    rig = Rig(county, town, tables=[{"preset": "ST_WAS_R"}, {"preset": "ST_RSVR_R"}])
    county.put("ST_RSVR_R", RESERVOIR, NOW, RZ=95.12)
    with pytest.raises(Refused, match="there is no table or view ST_WAS_R"):
        rig.poll()
    assert rig.values() == [95.12]


def test_a_column_that_was_asked_for_and_is_missing_is_named_with_those_there(
    county: Telemetry, town: Town
) -> None:
    tables = [{"preset": "ST_RSVR_R", "values": {"HEIGHT": "stage:m"}}]
    rig = Rig(county, town, tables=tables)
    with pytest.raises(Refused, match=r"(?i)no column HEIGHT; it has: .*rz"):
        rig.poll()


def test_a_table_without_a_preset_is_asked_for_what_it_has(county: Telemetry, town: Town) -> None:
    county.run("CREATE TABLE meine_werte (ort varchar(20), zeit timestamp NULL, cm int)")
    county.run(f"INSERT INTO meine_werte VALUES ('{RESERVOIR}', '2026-06-18 20:00:00', 9512)")
    table = {"name": "meine_werte", "station": "ort", "time": "zeit", "values": {"cm": "stage:cm"}}
    rig = Rig(county, town, tables=[table])
    rig.poll()
    assert rig.values() == [95.12]


def test_storage_is_in_the_unit_that_was_stated(county: Telemetry, town: Town) -> None:
    town.configure(
        "stations.toml", '{variable = "stage", maximum = 101.0}',
        '{variable = "stage", maximum = 101.0}, {variable = "storage"}',
    )  # fmt: skip
    rig = Rig(county, town, storage_unit="wan_m3")
    county.put("ST_RSVR_R", RESERVOIR, NOW, W=320.5)
    rig.poll()
    assert rig.values("storage") == [3_205_000]


def test_a_row_of_the_far_future_does_not_hide_what_comes(county: Telemetry, rig: Rig) -> None:
    county.put("ST_RSVR_R", RESERVOIR, NOW + 3650 * DAY, RZ=99.0)
    rig.poll()
    county.put("ST_RSVR_R", RESERVOIR, NOW + MINUTE, RZ=95.12)
    rig.poll()
    assert rig.values() == [95.12]


def test_the_session_cannot_write(county: Telemetry, rig: Rig) -> None:
    with rig.poller._database._session() as connection, pytest.raises(DBAPIError):
        connection.exec_driver_sql("INSERT INTO ST_RSVR_R (STCD, TM) VALUES ('x', '2026-06-18')")


def test_a_question_that_takes_too_long_ends(county: Telemetry, town: Town) -> None:
    sleep = "(SELECT 0 FROM pg_sleep(30))" if "postgresql" in county.url else "sleep(30)"
    county.run(f"CREATE VIEW slow AS SELECT STCD, TM, RZ FROM ST_RSVR_R WHERE {sleep} = 0")
    county.put("ST_RSVR_R", RESERVOIR, NOW, RZ=95.12)
    table = {"name": "slow", "modified": "", "values": {"RZ": "stage:m"}}
    rig = Rig(county, town, tables=[table], timeout="1s")
    with pytest.raises(Refused, match=r"(?i)timeout|interrupted|exceeded"):
        rig.poll()


def test_a_wrong_password_is_said_without_it(mariadb_url: str, town: Town) -> None:
    with telemetry(mariadb_url) as county:  # the other server trusts everybody
        rig = Rig(county, town)
        wrong = {"FLOODWATCH_SQL_COUNTY_PASSWORD": "falsch-und-geheim"}
        poller = SqlPoll(rig.settings, rig.way, environment=wrong)
        with pytest.raises(Refused, match="Access denied") as refused:
            poller.poll()
    assert "falsch" not in str(refused.value)


def test_a_database_that_is_away_is_asked_again_and_found(
    county: Telemetry, rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    county.put("ST_RSVR_R", RESERVOIR, NOW, RZ=95.12)
    county.run("ALTER TABLE ST_RSVR_R RENAME TO away")
    with pytest.raises(Refused):
        rig.poll()
    county.run("ALTER TABLE away RENAME TO ST_RSVR_R")
    rig.poll()
    assert rig.values() == [95.12]


def test_a_line_that_is_cut_or_silent_is_a_failure_and_all_goes_on_when_it_is_back(
    county: Telemetry, town: Town
) -> None:
    address = make_url(county.url)
    assert address.port
    with line(address.port) as wire:
        rig = Rig(county, town, timeout="1s")
        url = address.set(port=wire.port).render_as_string()
        rig.settings = rig.settings.model_copy(update={"url": url})
        rig.start()
        county.put("ST_RSVR_R", RESERVOIR, NOW, RZ=95.12)
        with pytest.raises(Refused, match=r"(?i)refused"):
            rig.poll()
        wire.join()
        rig.poll()
        wire.cut()
        county.put("ST_RSVR_R", RESERVOIR, NOW + MINUTE, RZ=95.14)
        with pytest.raises(Refused):
            rig.poll()
        wire.dumb = True
        wire.join()
        with pytest.raises(Refused, match=r"(?i)timed out|timeout|no answer"):
            rig.poll()
        wire.cut()
        wire.dumb = False
        wire.join()
        rig.poll()
        assert rig.values() == [95.12, 95.14]


@pytest.mark.postgres
def test_times_that_carry_a_zone_are_believed(postgres_url: str, town: Town) -> None:
    with telemetry(postgres_url) as county:
        county.run("CREATE TABLE zoned (stcd text, tm timestamptz, moditime timestamptz, z float)")
        rig = Rig(county, town, tables=[{"name": "zoned", "values": {"z": "stage:m"}}])
        values = "INSERT INTO zoned VALUES"
        county.run(f"{values} ('{RESERVOIR}', '2026-06-18 12:00+00', '2026-06-18 12:00+00', 95.1)")
        rig.poll()
        county.run(f"{values} ('{RESERVOIR}', '2026-06-17 01:00+00', '2026-06-18 12:01+00', 94.0)")
        rig.start()
        note = rig.poll()
        assert rig.values() == [94.0, 95.1]
        assert note.counts.duplicate == 1


def test_rain_of_which_nobody_knows_how_long_it_fell_waits_until_that_shows(
    county: Telemetry, rig: Rig
) -> None:
    county.put("ST_PPTN_R", GAUGE, NOW - 10 * MINUTE, DRP=4.5, INTV=0.10)
    note = rig.poll()
    assert note.refusals[0].what == "INTV 0.10"
    county.put("ST_PPTN_R", GAUGE, NOW, DRP=2.5, INTV=0.10)
    rig.poll()
    key = SeriesKey(GAUGE, "1", "rainfall", 10 * MINUTE)
    assert list(rig.town.readings.series(key, 0, NOW + DAY).values) == [4.5, 2.5]
