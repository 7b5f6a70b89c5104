"""What an import would do, seen before it does anything."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from floodwatch.model.clock import HOUR
from floodwatch.model.district import District
from floodwatch.model.errors import ImportRefused
from floodwatch.model.reading import Outcome, SeriesKey
from floodwatch.model.severity import Severity
from floodwatch.model.threshold import Comparator, Threshold
from floodwatch.pipeline import import_buffer
from floodwatch.pipeline.import_files import plan_files
from floodwatch.pipeline.import_look import Look, look
from floodwatch.pipeline.import_verdicts import Verdict, verdicts
from floodwatch.sources.csv.options import ImportOptions
from floodwatch.sources.csv.zipped import File
from floodwatch.store.database import Database
from tests.pipeline.importing import NOW, adds_up, district, run, stored
from tests.sources.csv.making import write

STAGE = SeriesKey("61990001", "1", "stage")
OPTIONS: dict[str, Any] = {"station": "61990001", "unit": "m"}


def limit(name: str, severity: Severity, value: float, **more: Any) -> Threshold:
    """An upper limit on the stage."""
    usual: dict[str, Any] = {"variable": "stage", "comparator": Comparator.AT_OR_ABOVE} | more
    return Threshold(
        station="61990001",
        gauge="1",
        name=name,
        severity=severity,
        value=value,
        clear=value,
        **usual,
    )


def hours(values: list[float]) -> str:
    """An hourly table of stages."""
    lines = [f"2024-05-{1 + i // 24:02d} {i % 24:02d}:00,{v}\n" for i, v in enumerate(values)]
    return "time,stage\n" + "".join(lines)


def looked(database: Database, path: Path, place: District | None = None, **more: Any) -> Look:
    place = place or district()
    options = ImportOptions(**(OPTIONS | more))
    return look(database, plan_files(path, options, place), options, place, now=NOW)


def test_the_first_values_are_shown_as_they_will_be_stored(
    sqlite_database: Database, tmp_path: Path
) -> None:
    found = looked(sqlite_database, write(tmp_path / "a.csv", hours([9510, 9520])), unit="cm")
    first = found.files[0].document(district())["first"]
    assert [(one["line"], one["time"], one["value"]) for one in first] == [
        (2, "2024-05-01T00:00:00+08:00", 95.1),
        (3, "2024-05-01T01:00:00+08:00", 95.2),
    ]


def test_a_gap_and_the_usual_step_are_found(sqlite_database: Database, tmp_path: Path) -> None:
    text = hours([95.0 + i / 100 for i in range(48)])
    lines = text.splitlines(keepends=True)
    path = write(tmp_path / "a.csv", "".join(lines[:11] + lines[31:]))
    (series,) = looked(sqlite_database, path).series
    assert (series.key, series.step, series.gap_count) == (STAGE, HOUR, 1)
    (gap,) = series.gaps
    assert gap.end - gap.start == 21 * HOUR


def test_what_is_stored_already_is_told_from_what_is_new(
    sqlite_database: Database, tmp_path: Path
) -> None:
    run(sqlite_database, write(tmp_path / "a.csv", hours([95.0, 95.1])), **OPTIONS)
    found = looked(sqlite_database, write(tmp_path / "b.csv", hours([95.0, 95.5, 95.2])))
    counts = found.files[0].account.counts
    assert [counts[o] for o in (Outcome.STORED, Outcome.DUPLICATE, Outcome.CORRECTED)] == [1, 1, 1]


def test_misdated_values_are_named_with_their_times(
    sqlite_database: Database, tmp_path: Path
) -> None:
    text = hours([95.0] * 10).replace("2024-05-01 05:00", "2042-05-01 05:00")
    (series,) = looked(sqlite_database, write(tmp_path / "a.csv", text)).series
    assert [entry["time"] for entry in series.document(district())["misdated"]] == [
        "2042-05-01T05:00:00+08:00"
    ]


def test_of_a_large_file_only_the_beginning_is_read(
    sqlite_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("floodwatch.sources.csv.stream.Source.blocks.__defaults__", (2000,))
    path = write(tmp_path / "a.csv", hours([95.0 + i / 1000 for i in range(700)]))
    place, options = district(), ImportOptions(**OPTIONS)
    found = look(
        sqlite_database, plan_files(path, options, place), options, place, now=NOW, most=100
    )
    assert not found.whole
    assert 100 <= found.files[0].account.lines < 700
    assert stored(sqlite_database) == {}


def test_thresholds_say_how_often_and_when_first(sqlite_database: Database, tmp_path: Path) -> None:
    values = [94.0] * 12 + [95.3] * 12 + [94.0] * 24 + [95.3] * 6 + [96.1] * 6 + [94.0] * 12
    place = replace(
        district(),
        thresholds=(
            limit("flood_limit", Severity.IV, 95.2),
            limit("design_flood", Severity.II, 96.0),
            limit("check_flood", Severity.I, 97.0),
        ),
    )
    found = looked(sqlite_database, write(tmp_path / "a.csv", hours(values)), place)
    said = {v.threshold.name: v for v in verdicts(found, place)}
    assert _told(said["flood_limit"], place) == (2, 24, "2024-05-01T12:00:00+08:00")
    assert _told(said["design_flood"], place) == (1, 6, "2024-05-03T06:00:00+08:00")
    assert _told(said["check_flood"], place) == (0, 0, None)
    assert said["check_flood"].farthest == 96.1


def _told(verdict: Verdict, place: District) -> tuple[Any, Any, Any]:
    document = verdict.document(place)
    return document["alerts"], document["beyond"], document["first_at"]


def test_a_rain_limit_is_held_against_its_window(sqlite_database: Database, tmp_path: Path) -> None:
    rain = [0.0] * 5 + [30.0, 40.0] + [0.0] * 20
    text = hours(rain).replace("stage", "rainfall")
    wet = limit("rain_3h", Severity.III, 60, variable="rainfall", window=3 * HOUR)
    place = replace(district(), thresholds=(wet,))
    path = write(tmp_path / "a.csv", text)
    found = looked(sqlite_database, path, place, unit="mm", period=HOUR)
    (said,) = verdicts(found, place)
    assert _told(said, place) == (1, None, "2024-05-01T06:00:00+08:00")


def test_thresholds_without_time_to_ask_say_so(sqlite_database: Database, tmp_path: Path) -> None:
    place = replace(district(), thresholds=(limit("flood_limit", Severity.IV, 95.2),))
    found = looked(sqlite_database, write(tmp_path / "a.csv", hours([95.3] * 3)), place)
    (said,) = verdicts(found, place, cancelled=lambda: True)
    assert (said.alerts, said.beyond) == (None, 3)


@pytest.mark.parametrize("most", [50, 3_000_000])
def test_a_dry_run_counts_as_the_import_does(
    sqlite_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    """Repeats that lie far apart in a file are no news in a dry run either."""
    monkeypatch.setattr(import_buffer, "MOST", most)
    monkeypatch.setattr("floodwatch.sources.csv.stream.Source.blocks.__defaults__", (1500,))
    rows = [95.0 + i / 1000 for i in range(200)]
    text = hours(rows) + hours([v + (0.5 if i % 7 == 0 else 0) for i, v in enumerate(rows)])[11:]
    path = write(tmp_path / "a.csv", text)
    tried = run(sqlite_database, path, **OPTIONS, dry_run=True)
    done = run(sqlite_database, path, **OPTIONS)
    assert adds_up(tried)
    assert tried.counts == done.counts
    assert done.counts[Outcome.CORRECTED] > 0


def test_a_file_that_is_no_table_does_not_stop_the_others(
    sqlite_database: Database, tmp_path: Path
) -> None:
    good = write(tmp_path / "a.csv", hours([95.0]))
    bad = write(tmp_path / "b.csv", "nothing here\n")
    files = [File("z.zip/a.csv", good), File("z.zip/b.csv", bad), File("z.zip/c", None, "a link")]
    planned = plan_files(files, ImportOptions(**OPTIONS), district())
    assert [plan.source.name for plan in planned.plans] == ["z.zip/a.csv"]
    assert [file.name for file in planned.refused] == ["z.zip/b.csv", "z.zip/c"]
    with pytest.raises(ImportRefused, match="no table"):
        plan_files([good, bad], ImportOptions(**OPTIONS), district())
    with pytest.raises(ImportRefused, match="a link"):
        plan_files(files[2:], ImportOptions(**OPTIONS), district())
