"""Whatever a file is like, its accounting adds up, and what is stored is what a slow reader finds.

The slow reader is the standard library's csv module, line by line, and nothing of ours.
"""

import csv
import re
from collections import Counter
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from floodwatch.pipeline import import_buffer
from floodwatch.pipeline.import_report import FileAccount
from floodwatch.sources.csv.stream import Source
from floodwatch.store.database import Database
from tests.pipeline.importing import NOW, adds_up, run, stored
from tests.sources.csv.making import write

STATIONS = {"61990001": "61990001", "示范水库": "61990001", "61990002": "61990002"}
TIMES = {
    "2021-01-01T00:00:00Z": 1_609_459_200_000,
    "2021-01-01 08:00": 1_609_459_200_000,  # Shanghai
    "2021-01-01T00:05:00.250+00:00": 1_609_459_500_250,
    "2021/1/1 8:05": 1_609_459_500_000,
    "2020-02-29": 1_582_905_600_000,
    "2025-12-31T00:00Z": 1_767_139_200_000,  # a day before now: by way of ingest
    "1999-12-31T24:00": 946_656_000_000,
    "2021/1/1 上午 8:05": 1_609_459_500_000,
    "2021-01-01 08:05:00 PM": 1_609_502_700_000,
    "2021年1月1日8时": 1_609_459_200_000,
}
BAD_TIMES = ["", " ", "2021-02-29", "2021-31-12", "yesterday", "1850-01-01", "2021-01-01T25:00"]
GOOD = ["0", "1.5", " -2 ", "1e1", "7.", ".25", '"3.5"', "+4", '"1,234.5"', '"1,234,567"']
MISSING = ["", "  ", "-9999", "---", "M", "FALLO", "-9999.0", "NAN", "#-1", "Ice", "缺测"]
BAD = [
    '"1,234"',
    "ICE CREAM",
    "NaN",
    "inf",
    "12.3m",
    "1,5",
    "１",
    '"4',
    '5"6"',
    '""1',
    "7\x00",
    "1e999",
    "x" * 70_000,
]
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)

station = st.sampled_from([*STATIONS] * 4 + ["61990099", "", '"61990001"', '"61990002', "甲,乙"])
time = st.sampled_from([*TIMES] * 3 + BAD_TIMES)
value = st.sampled_from(GOOD * 4 + MISSING + BAD)
row = st.tuples(station, time, value).map(",".join)
line = st.one_of(
    *[row] * 12,
    st.sampled_from(["", "   ", ",,", "a,b", ",".join("x" * 30), '"', '"""', ",,,,"]),
    st.text(st.sampled_from('a1,"\x00 ;'), max_size=12),
)


class Slow:
    """Reads a file line by line, and keeps what the last word on every time is."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.blank = 0
        self.refused: set[int] = set()
        self.values: dict[tuple[str, int], float] = {}

    def read(self, lines: list[str]) -> None:
        for number, text in enumerate(lines, 2):
            if not text.strip() or not text.strip(","):  # nothing, or delimiters alone
                self.blank += 1
                continue
            outcome = self._outcome(text)
            self.counts[outcome] += 1
            if outcome == "rejected":
                self.refused.add(number)

    def _outcome(self, text: str) -> str:
        if "\x00" in text or len(text.encode()) > 65536:
            return "rejected"
        try:
            (fields,) = csv.reader([text], strict=True)
        except csv.Error:
            return "rejected"
        if len(fields) != 3 or fields[0].strip() not in STATIONS or fields[1].strip() not in TIMES:
            return "rejected"
        text = fields[2].strip()
        if text in [word.strip() for word in MISSING]:
            return "missing"
        value = {"1,234.5": 1234.5, "1,234,567": 1_234_567.0}.get(text)
        if value is None:
            if not NUMBER.fullmatch(text) or float(text) == float("inf"):
                return "rejected"
            value = float(text)
        place = (STATIONS[fields[0].strip()], TIMES[fields[1].strip()])
        old = self.values.get(place)
        self.values[place] = value
        if old is None:
            return "stored"
        return "duplicate" if old == value else "corrected"


def check(account: FileAccount, database: Database, slow: Slow) -> None:
    assert adds_up(account)
    assert account.blank_lines == slow.blank
    assert {o.value: n for o, n in account.counts.items() if n} == {**slow.counts}
    rejected = account.rejects if len(account.rejects) < 100 else []
    assert {reject.line for reject in rejected} == slow.refused
    assert len(rejected) == slow.counts["rejected"]
    found = {(key.station, time): value for (key, time), value in stored(database).items()}
    assert found == slow.values


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    lines=st.lists(line, min_size=1, max_size=25),
    ending=st.sampled_from(["\n", "\r\n"]),
    size=st.integers(30, 400),
    most=st.sampled_from([1, 5, 1000]),
)
def test_any_file_is_read_as_a_slow_reader_reads_it(
    sqlite_database: Database,
    tmp_path: Path,
    lines: list[str],
    ending: str,
    size: int,
    most: int,
) -> None:
    lines = [*lines, "61990001,2020-02-29,1"]  # a file without any time would be asked about
    path = write(tmp_path / "a.csv", ending.join(["station,time,value", *lines]) + ending)
    slow = Slow()
    slow.read(lines)
    _empty(sqlite_database)
    before = Source.blocks.__defaults__, import_buffer.MOST
    Source.blocks.__defaults__, import_buffer.MOST = (size,), most
    try:
        account = run(
            sqlite_database,
            path,
            variable="stage",
            unit="m",
            accept_misdated=True,
            delimiter=",",
            encoding="utf-8",
            time_column="time",
        )
    finally:
        Source.blocks.__defaults__, import_buffer.MOST = before
    check(account, sqlite_database, slow)


def _empty(database: Database) -> None:
    with database.write() as tx:
        for table in ("import_delta", "reading", "block", "latest", "quarantine", "dirty"):
            tx.connection.exec_driver_sql(f"DELETE FROM {table}")


def test_the_moment_of_the_oracle_is_a_day_after_its_youngest_time() -> None:
    assert max(TIMES.values()) == NOW - 86_400_000
