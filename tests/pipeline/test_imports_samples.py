"""Real files, with facts counted apart from this program."""

import csv
from collections import Counter
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from floodwatch import config
from floodwatch.config.edit import add_stations
from floodwatch.config.live import Configuration
from floodwatch.model.clock import DAY
from floodwatch.model.district import District
from floodwatch.model.reading import Outcome, SeriesKey
from floodwatch.pipeline import imports
from floodwatch.sources.csv.options import ImportOptions
from floodwatch.store.database import Database
from tests.pipeline.importing import NOW, adds_up, district, report, run, stored

SAMPLES = Path(__file__).parents[3] / "shared" / "samples"
RESERVOIRS = SAMPLES / "tw_reservoirs_daily_2010_2021" / "reservoir_2021.csv"
STREET = SAMPLES / "us_floodnet_nyc_1min_2023" / "daily_happy_satyr.csv"
MAP = {
    "WaterLevel": "stage:m",
    "EffectiveWaterStorageCapacity": "storage:wan_m3",
    "CatchmentAreaRainfall": "rainfall:mm",
}
CHOICES = {
    "station_column": "ReservoirName",
    "map": [f"{column}={variable}" for column, variable in MAP.items()],
    "period": DAY,
    "create_stations": True,
    "tz": "Asia/Shanghai",
}


def needs(path: Path) -> pytest.MarkDecorator:
    return pytest.mark.skipif(not path.exists(), reason=f"the sample {path.name} is not here")


class Folder:
    """A configuration folder with no stations yet, and creating them in it."""

    def __init__(self, database: Database, folder: Path) -> None:
        self.database, self.folder = database, folder
        folder.mkdir()
        for name, text in STARTER.items():
            (folder / name).write_text(text, encoding="utf-8")

    def district(self) -> District:
        config.apply(self.database, self.folder, who="示范张三", now=NOW)
        with self.database.read() as connection:
            return Configuration(self.database).current(connection)

    def create(self, new: list) -> District:
        add_stations(self.folder, new)
        return self.district()


STARTER = {
    "floodwatch.toml": '[service]\ntimezone = "Asia/Shanghai"\n[channels.log]\n',
    "stations.toml": "",
    "thresholds.toml": "",
    "recipients.toml": '[[person]]\nname = "示范张三"\nphone = "+8610000000001"\n'
    '[[route]]\npeople = ["示范张三"]\nchannels = ["log"]\n',
}


@needs(RESERVOIRS)
def test_a_year_of_54_reservoirs_is_imported_again_and_taken_back(
    sqlite_database: Database, tmp_path: Path
) -> None:
    folder = Folder(sqlite_database, tmp_path / "config")
    first = report(
        sqlite_database, [RESERVOIRS], folder.district(), create=folder.create, **CHOICES
    )
    account = first.files[0]
    assert adds_up(account)
    place = folder.district()
    assert len(place.stations) == 54
    assert {s.kind.value for s in place.stations.values()} == {"reservoir"}
    facts = Facts()
    assert account.lines == facts.lines == 20_088
    assert account.counts == facts.counts
    assert account.counts[Outcome.REJECTED] == 3 * 6_950
    assert len(facts.twice) == 195
    assert stored(sqlite_database) == facts.values
    assert account.rejects_file
    with Path(account.rejects_file).open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [int(row["line"]) for row in rows] == facts.undated
    assert {row["reason"] for row in rows} == {"no time"}

    again = report(sqlite_database, [RESERVOIRS], place, create=folder.create, **CHOICES).files[0]
    assert again.counts[Outcome.STORED] == 0
    assert adds_up(again)
    assert stored(sqlite_database) == facts.values
    for number in (2, 1):
        imports.undo(sqlite_database, number, who="示范张三", now=NOW)
    assert stored(sqlite_database) == {}
    with sqlite_database.read() as connection:
        for table in ("block", "reading", "latest", "import_delta"):
            assert connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar() == 0


class Facts:
    """What the csv module finds in the file of the reservoirs."""

    def __init__(self) -> None:
        self.lines = 0
        self.undated: list[int] = []
        self.counts: Counter[Outcome] = Counter()
        self.values: dict[tuple[SeriesKey, int], float] = {}
        days: Counter[tuple[str, str]] = Counter()
        with RESERVOIRS.open(encoding="utf-8", newline="") as file:
            for number, row in enumerate(csv.DictReader(file), 2):
                self.lines += 1
                if not row["RecordTime"]:
                    self.undated.append(number)
                    self.counts[Outcome.REJECTED] += 3
                    continue
                days[row["ReservoirName"], row["RecordTime"]] += 1
                self._take(row)
        self.twice = [day for day, count in days.items() if count > 1]

    def _take(self, row: dict[str, str]) -> None:
        day = datetime.fromisoformat(row["RecordTime"]).replace(tzinfo=ZoneInfo("Asia/Shanghai"))
        time = round(day.timestamp() * 1000)
        for column, words in MAP.items():
            variable, _, unit = words.partition(":")
            text = row[column]
            if not text or (variable == "rainfall" and float(text) == 999.9):
                self.counts[Outcome.MISSING] += 1
                continue
            value = round(float(text) * 1e4, 9) if unit == "wan_m3" else float(text)
            period = DAY if variable == "rainfall" else 0
            place = (SeriesKey(row["ReservoirName"], "1", variable, period), time)
            old = self.values.get(place)
            self.values[place] = value
            if old is None:
                self.counts[Outcome.STORED] += 1
            else:
                self.counts[Outcome.DUPLICATE if old == value else Outcome.CORRECTED] += 1


@needs(STREET)
def test_a_street_sensor_is_imported_as_depth(sqlite_database: Database) -> None:
    account = run(sqlite_database, STREET, station="61990051", map=["dist_mm=ponding_depth"])
    assert adds_up(account)
    assert account.lines == 13_364
    assert (account.detected["time_column"], account.detected["time_format"]) == (
        "time",
        "year-month-day",
    )
    depths = {time: value for (_, time), value in stored(sqlite_database).items()}
    crest = max(depths, key=lambda time: depths[time])
    assert depths[crest] == 0.475
    assert crest // 1000 == 1_685_839_387  # 2023-06-04T00:43:07Z
    first = min(time for time, depth in depths.items() if depth >= 0.1)
    assert first // 1000 == 1_685_834_342  # 23:19:02Z on the evening before
    with STREET.open(encoding="utf-8", newline="") as file:
        fractions = {row["time"][20:23] for row in csv.DictReader(file) if len(row["time"]) > 25}
    assert {f"{time % 1000:03}" for time in depths} >= fractions


@needs(STREET)
def test_a_preview_of_the_street_sensor_knows_neither_station_nor_distance() -> None:
    (file,) = imports.preview([STREET], ImportOptions(), district()).files
    assert (file.station, file.unknown_stations) == ("deployment_id", ["daily_happy_satyr"])
    assert [entry["variable"] for entry in file.mapping] == ["battery"]
    assert len(file.rows) == 20
