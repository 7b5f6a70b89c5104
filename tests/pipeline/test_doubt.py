"""Readings in doubt, and alerts that stand by import: what decides, and what does not."""

from floodwatch.model.batch import Batch
from floodwatch.model.clock import HOUR, MINUTE
from floodwatch.model.reading import RawReading
from tests.pipeline.town import RESERVOIR, Town

ALL = {"示范值班", "示范巡查"}


def people(town: Town) -> set[object]:
    """Who has been told of stations."""
    return {row["person"] for row in town.messages() if row["severity"] >= 3}  # type: ignore[operator]


def ahead(town: Town, value: float) -> None:
    """A reading of a gauge whose clock is two hours ahead."""
    town.stage(value, at=town.clock.wall() + 2 * HOUR)


def test_an_older_good_reading_does_not_deny_a_doubtful_newer_one(town: Town) -> None:
    town.stage(95.0)
    town.clock.advance(5 * MINUTE)
    ahead(town, 97.0)
    town.wait(7)
    assert town.alerts()
    assert people(town) == ALL


def test_a_gauge_never_believed_before_is_told_to_all_without_a_verdict(town: Town) -> None:
    ahead(town, 97.0)
    town.wait(8)
    assert town.alerts()
    assert people(town) == ALL


def test_a_second_suspect_reading_that_is_worse_is_told_to_all_at_once(town: Town) -> None:
    town.stage(94.9)
    town.clock.advance(5 * MINUTE)
    town.stage(96.5)
    assert {row["person"] for row in town.messages()} == {"示范值班"}
    town.clock.advance(MINUTE)
    town.stage(98.9)
    assert people(town) == ALL


def test_a_live_reading_below_an_imported_peak_still_tells_the_people(town: Town) -> None:
    imported = RawReading(RESERVOIR, "stage", town.clock.wall() - HOUR, 97.0)
    town.send(Batch("import", (imported,), import_id=town.an_import()))
    assert not town.messages()
    town.stage(96.9)
    assert town.alerts()[0]["origin"] == "live"
    assert people(town) == ALL


def test_a_live_reading_below_the_limit_confirms_no_imported_alert(town: Town) -> None:
    imported = RawReading(RESERVOIR, "stage", town.clock.wall() - HOUR, 97.0)
    town.send(Batch("import", (imported,), import_id=town.an_import()))
    town.stage(95.0)
    town.wait(3)
    assert not town.messages()


def test_time_alone_confirms_no_imported_alert(town: Town) -> None:
    imported = RawReading(RESERVOIR, "stage", town.clock.wall() - HOUR, 97.0)
    town.send(Batch("import", (imported,), import_id=town.an_import()))
    town.configure("thresholds.toml", "at_or_above = 96.80", "at_or_above = 96.70")
    town.wait(3)
    assert not [row for row in town.messages() if row["severity"] == 3]
