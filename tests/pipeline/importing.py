"""A small district, and importing into it without the rules."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from floodwatch.hydrology.series import Series
from floodwatch.model.batch import Batch, Receipt, Rejection
from floodwatch.model.clock import DAY, HOUR, MINUTE
from floodwatch.model.district import District
from floodwatch.model.errors import Refused
from floodwatch.model.reading import Outcome, SeriesKey
from floodwatch.model.station import Gauge, Station, StationKind
from floodwatch.pipeline import imports
from floodwatch.pipeline.import_report import FileAccount, Report
from floodwatch.pipeline.intake import resolve
from floodwatch.quality.sentinels import is_sentinel
from floodwatch.sources.csv.options import ImportOptions, mapping
from floodwatch.store import archive, journal
from floodwatch.store import imports as ledger
from floodwatch.store.database import Database
from floodwatch.store.journal import Quarantined, Row, SeriesMap

NOW = 1_767_225_600_000  # 2026-01-01T00:00Z
AHEAD = 15 * MINUTE


def district(*more: Station, timezone: str = "Asia/Shanghai") -> District:
    """Two reservoirs of stage, storage and rain, and one street."""
    stations = [reservoir("61990001", "示范水库"), reservoir("61990002", "示范二库"), *more]
    stations.append(
        Station(
            "61990051",
            "示范路口",
            StationKind.WATERLOGGING,
            (Gauge("61990051", "ponding_depth", unit="mm", source="distance", zero=1578),),
        )
    )
    return District(timezone=timezone, stations={s.code: s for s in stations})


def reservoir(code: str, name: str, *, tz: str = "") -> Station:
    gauges = (
        Gauge(code, "stage", unit="m"),
        Gauge(code, "storage", unit="m3"),
        Gauge(code, "rainfall", period=HOUR, unit="mm"),
    )
    return Station(code, name, StationKind.RESERVOIR, gauges, tz=tz)


class Journal:
    """Stands for ingest: stores readings as it would, without judging them."""

    def __init__(self, database: Database, place: District, *, now: int = NOW) -> None:
        self._database, self._district, self._now = database, place, now
        self._series = SeriesMap()
        self.batches: list[Batch] = []

    def submit(self, batch: Batch) -> Receipt:
        self.batches.append(batch)
        outcomes, rejected = [], []
        with self._database.write() as tx:
            for index, raw in enumerate(batch.readings):
                try:
                    found = resolve(raw, self._district)
                except Refused as error:
                    outcomes.append(Outcome.REJECTED)
                    rejected.append(Rejection(index, str(error)))
                    continue
                assert found.key
                assert raw.value is not None
                number = self._series.ids(tx, [found.key], now=self._now)[found.key]
                if is_sentinel(found.key.variable, raw.value):
                    outcomes.append(Outcome.MISSING)
                    continue
                place, value = (number, raw.time), found.convert(raw.value)
                if raw.time > self._now + AHEAD:
                    held = Quarantined(*place, value, self._now, "clock", "t", batch.import_id)
                    journal.quarantine(tx, [held])
                    outcomes.append(Outcome.QUARANTINED)
                    rejected.append(Rejection(index, "time is ahead"))
                    continue
                outcomes.append(self._put(tx, place, value, batch.import_id))
        return Receipt(tuple(outcomes), tuple(rejected))

    def _put(self, tx: Any, place: tuple[int, int], value: float, number: int | None) -> Outcome:
        old = journal.stored(tx.connection, [place]).get(place)
        if old is not None and old[0] == value:
            return Outcome.DUPLICATE
        if number is not None:
            ledger.record_overwritten(tx, [(number, *place, old)])
        elif old is not None:
            correction = journal.Correction(*place, *old, value, self._now, "live")
            journal.correct(tx, [correction])
        journal.put(tx, [Row(*place, value, 1, self._now)])
        journal.recompute_latest(tx, [place[0]], now=self._now)
        return Outcome.STORED if old is None else Outcome.CORRECTED


def run(
    database: Database, path: Path, place: District | None = None, *, now: int = NOW, **options: Any
) -> FileAccount:
    """Import one file; `map` as texts."""
    return report(database, [path], place, now=now, **options).files[0]


def report(
    database: Database,
    paths: Sequence[Path],
    place: District | None = None,
    *,
    now: int = NOW,
    submit: Any = None,
    create: Any = None,
    **options: Any,
) -> Report:
    place = place or district()
    options["map"] = tuple(mapping(text) for text in options.get("map", ()))
    return imports.run(
        database,
        paths,
        ImportOptions(**options),
        place,
        submit=submit or Journal(database, place, now=now).submit,
        who="示范张三",
        now=now,
        create=create,
    )


def stored(database: Database) -> dict[tuple[SeriesKey, int], float]:
    """Everything that is stored, in rows and in blocks."""
    found: dict[tuple[SeriesKey, int], float] = {}
    with database.read() as connection:
        for key, number in SeriesMap().all(connection).items():
            for series in (
                archive.read(connection, number, -(2**60), 2**60),
                journal.windows(connection, {number: (-(2**60), 2**60)})[number],
            ):
                found |= _pairs(key, series)
    return found


def _pairs(key: SeriesKey, series: Series) -> dict[tuple[SeriesKey, int], float]:
    return {
        (key, time): value
        for time, value in zip(series.times.tolist(), series.values.tolist(), strict=True)
    }


def adds_up(account: FileAccount) -> bool:
    """Whether every value ended as exactly one thing."""
    return account.values == account.lines * account.width == sum(account.counts.values())


def days_ago(days: float) -> int:
    return NOW - round(days * DAY)
