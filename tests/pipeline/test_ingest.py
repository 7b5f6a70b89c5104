"""The way in: what becomes of every reading, and what it sets off in the same transaction."""

import math

import pytest

from floodwatch.model.batch import Batch
from floodwatch.model.clock import DAY, HOUR, MINUTE
from floodwatch.model.quality import Flag, Reason, flag_of, reason_of
from floodwatch.model.reading import Outcome, RawReading, SeriesKey
from floodwatch.model.severity import Severity
from tests.pipeline.town import GAUGE, RESERVOIR, START, STREET, Town

STAGE = SeriesKey(RESERVOIR, "1", "stage")


def test_a_crossing_is_an_alert_when_the_receipt_is_given(town: Town) -> None:
    receipt = town.stage(96.85)
    assert receipt.outcomes == (Outcome.STORED,)
    [alert] = town.alerts()
    assert (alert["severity"], alert["band"], alert["value"]) == (
        Severity.II,
        "design_flood",
        96.85,
    )


def test_both_who_must_answer_are_told_in_the_same_transaction(town: Town) -> None:
    town.stage(96.85)
    assert {row["person"] for row in town.messages()} == {"示范值班", "示范巡查"}


def test_the_same_reading_again_has_no_effect(town: Town) -> None:
    town.stage(96.85)
    before = town.messages()
    assert town.stage(96.85).outcomes == (Outcome.DUPLICATE,)
    assert town.messages() == before
    assert len(town.alerts()) == 1


def test_a_different_value_for_the_same_time_corrects_and_is_judged(town: Town) -> None:
    town.stage(95.00)
    assert town.stage(96.90).outcomes == (Outcome.CORRECTED,)
    assert town.readings.window(STAGE, START - 1, START).values.tolist() == [96.90]
    assert len(town.alerts()) == 1


@pytest.mark.parametrize("together", [False, True])
def test_a_newest_value_corrected_into_an_impossible_one_is_no_longer_the_newest(
    town: Town, together: bool
) -> None:
    before, at = (START - HOUR, 94.0), START
    town.send(Batch("test", (RawReading(RESERVOIR, "stage", *before),)))
    said = [RawReading(RESERVOIR, "stage", at, value) for value in (95.5, 1e6)]
    for batch in [tuple(said)] if together else [(each,) for each in said]:
        town.send(Batch("test", batch))
    newest = town.readings.latest([STAGE])[STAGE].reading
    assert (newest.time, newest.value) == before
    assert [alert["severity"] for alert in town.alerts()] == [Severity.IV] * (not together)


def test_the_only_value_corrected_into_an_impossible_one_leaves_none(town: Town) -> None:
    town.stage(95.5)
    town.stage(1e6)
    assert town.readings.latest([STAGE]) == {}
    [alert] = town.alerts()
    assert alert["resolved_at"] is None


def test_every_reading_of_a_batch_is_judged_in_order(town: Town) -> None:
    minutes = [(-20, 96.6), (-10, 96.85), (0, 96.6)]
    readings = tuple(RawReading(RESERVOIR, "stage", START + m * MINUTE, v) for m, v in minutes)
    town.send(Batch("test", readings))
    [alert] = town.alerts()
    assert alert["worst"] == Severity.II


def test_a_distance_becomes_a_depth_in_metres(town: Town) -> None:
    town.say(STREET, "ponding_depth", 1378.0)
    [alert] = town.alerts()
    assert alert["value"] == 0.2


def test_rain_is_summed_over_its_window(town: Town) -> None:
    for _ in range(12):
        town.say(GAUGE, "rainfall", 4.5)
        town.clock.advance(5 * MINUTE)
    [alert] = town.alerts()
    assert (alert["type"], alert["band"]) == ("rainfall", "rain_1h")


@pytest.mark.parametrize(
    ("reading", "reason"),
    [
        (RawReading("nowhere", "stage", START, 1.0), "unknown station nowhere"),
        (RawReading(RESERVOIR, "height", START, 1.0), "unknown variable height"),
        (RawReading(RESERVOIR, "ponding_depth", START, 1.0), "has no gauge"),
        (RawReading(RESERVOIR, "stage", START, 1.0, unit="kPa"), "does not fit stage"),
        (RawReading(RESERVOIR, "stage", START, 1.0, unit="fathom"), "unknown unit"),
        (RawReading(RESERVOIR, "stage", START, math.nan), "not a number"),
        (RawReading(RESERVOIR, "stage", START, math.inf), "not a number"),
        (RawReading(RESERVOIR, "stage", 10**15, 1.0), "outside 1900 to 2100"),
    ],
)
def test_a_bad_reading_is_refused_with_its_reason_and_sinks_no_neighbour(
    town: Town, reading: RawReading, reason: str
) -> None:
    good = RawReading(RESERVOIR, "stage", START, 95.0)
    [receipt] = town.send(Batch("test", (reading, good)))
    assert receipt.outcomes == (Outcome.REJECTED, Outcome.STORED)
    assert reason in receipt.rejected[0].reason


def test_a_token_writes_only_its_own_stations(town: Town) -> None:
    reading = RawReading(RESERVOIR, "stage", START, 96.9)
    [receipt] = town.send(Batch("test", (reading,), stations=frozenset({STREET})))
    assert receipt.outcomes == (Outcome.REJECTED,)
    assert not town.alerts()


@pytest.mark.parametrize("value", [None, -9999.0, 9999.999])
def test_no_value_is_missing_and_not_zero(town: Town, value: float | None) -> None:
    assert town.say(RESERVOIR, "stage", value).outcomes == (Outcome.MISSING,)
    assert town.readings.span(STAGE) is None


def test_a_clock_a_little_ahead_is_accepted(town: Town) -> None:
    assert town.stage(95.0, at=START + 4 * MINUTE).outcomes == (Outcome.STORED,)


def test_a_time_far_ahead_is_held_but_its_value_alerts_as_suspect(town: Town) -> None:
    assert town.stage(97.0, at=START + 2 * HOUR).outcomes == (Outcome.QUARANTINED,)
    [alert] = town.alerts()
    assert alert["suspect"]
    assert town.readings.span(STAGE) is None


def test_a_late_reading_that_is_the_newest_alerts(town: Town) -> None:
    town.stage(97.0, at=START - 3 * HOUR)
    [alert] = town.alerts()
    assert alert["onset"] == START - 3 * HOUR


def test_a_late_reading_behind_a_newer_one_is_only_history(town: Town) -> None:
    town.stage(95.0)
    assert town.stage(97.0, at=START - 3 * HOUR).outcomes == (Outcome.STORED,)
    assert not town.alerts("all")


def test_a_reading_older_than_a_day_wakes_nobody(town: Town) -> None:
    town.stage(97.0, at=START - DAY - HOUR)
    assert not town.alerts("all")


def test_of_a_late_burst_only_the_newest_counts(town: Town) -> None:
    times = [START - (8 - i) * HOUR for i in range(5)]
    values = [95.0, 97.5, 96.0, 95.5, 95.0]
    town.send(
        Batch(
            "test",
            tuple(RawReading(RESERVOIR, "stage", t, v) for t, v in zip(times, values, strict=True)),
        )
    )
    assert not town.alerts("all")
    assert town.readings.window(STAGE, 0, START).size == 5


def test_imported_readings_stand_on_the_screens_and_wake_nobody(town: Town) -> None:
    reading = RawReading(RESERVOIR, "stage", START - HOUR, 97.0)
    number = town.an_import()
    town.send(Batch("import", (reading,), import_id=number))
    [alert] = town.alerts()
    assert alert["origin"] == "import"
    assert not town.messages()


def test_live_data_that_confirm_an_imported_alert_tell_the_people(town: Town) -> None:
    number = town.an_import()
    reading = RawReading(RESERVOIR, "stage", START - HOUR, 97.0)
    town.send(Batch("import", (reading,), import_id=number))
    town.stage(97.1)
    [alert] = town.alerts()
    assert alert["origin"] == "live"
    assert {row["person"] for row in town.messages()} == {"示范值班", "示范巡查"}


def test_a_value_outside_the_gauges_range_is_suspect_and_still_alerts(town: Town) -> None:
    town.stage(102.5)
    quality = int(town.readings.window(STAGE, START - 1, START).quality[0])
    assert (flag_of(quality), reason_of(quality)) == (Flag.SUSPECT, Reason.GROSS_RANGE)
    [alert] = town.alerts()
    assert alert["suspect"]


def test_what_cannot_be_a_value_is_kept_flagged_and_never_judged(town: Town) -> None:
    town.stage(20_000.0)
    quality = int(town.readings.window(STAGE, START - 1, START).quality[0])
    assert flag_of(quality) is Flag.FAIL
    assert not town.alerts()


def test_a_single_suspect_reading_goes_to_the_officer_alone(town: Town) -> None:
    town.stage(95.0)
    town.clock.advance(5 * MINUTE)
    town.stage(97.4)
    [alert] = town.alerts()
    assert alert["suspect"]
    assert {row["person"] for row in town.messages()} == {"示范值班"}


def test_the_next_reading_that_denies_a_suspect_one_ends_its_alert_at_once(town: Town) -> None:
    for value in (95.0, 97.4, 95.01):
        town.stage(value)
        town.clock.advance(5 * MINUTE)
    assert not town.alerts()
    assert {row["person"] for row in town.messages()} == {"示范值班"}


def test_a_second_reading_that_supports_a_suspect_one_tells_all(town: Town) -> None:
    for value in (95.0, 97.4, 97.5):
        town.stage(value)
        town.clock.advance(5 * MINUTE)
    [alert] = town.alerts()
    assert not alert["suspect"]
    assert {row["person"] for row in town.messages()} == {"示范值班", "示范巡查"}
