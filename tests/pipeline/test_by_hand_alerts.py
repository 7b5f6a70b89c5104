"""A level that somebody reads is judged and told of, but not twice when telemetry tells it too."""

from floodwatch.model.batch import Batch
from floodwatch.model.clock import HOUR, MINUTE
from floodwatch.model.reading import RawReading
from floodwatch.model.severity import Severity
from tests.pipeline.town import RESERVOIR, START, Town


def read_by_eye(town: Town, value: float, time: int = START) -> None:
    town.send(Batch("manual", (RawReading(RESERVOIR, "stage", time, value, gauge="manual"),)))


def told_of(town: Town, gauge: str) -> int:
    """Messages of the alert of one gauge that were not held back."""
    numbers = {a["id"] for a in town.alerts() if a["gauge"] == gauge}
    return sum(row["alert_id"] in numbers for row in town.messages())


def test_a_level_read_by_eye_is_an_alert(town: Town) -> None:
    read_by_eye(town, 96.85)
    (alert,) = town.alerts()
    assert (alert["gauge"], alert["severity"], alert["band"]) == (
        "manual",
        Severity.II,
        "design_flood",
    )
    assert told_of(town, "manual")


def test_nobody_is_told_twice_of_what_telemetry_tells_too(town: Town) -> None:
    town.stage(96.85)
    read_by_eye(town, 96.86, START + MINUTE)
    by_hand = next(a for a in town.alerts() if a["gauge"] == "manual")
    telemetry = next(a for a in town.alerts() if a["gauge"] == "1")
    assert by_hand["muted_by"] == f"alert:{telemetry['id']}"
    assert told_of(town, "manual") == 0


def test_a_graver_level_read_by_eye_is_told_all_the_same(town: Town) -> None:
    town.stage(95.50)
    read_by_eye(town, 96.85, START + MINUTE)
    by_hand = next(a for a in town.alerts() if a["gauge"] == "manual")
    assert by_hand["severity"] == Severity.II
    assert by_hand["muted_by"] is None
    assert told_of(town, "manual")


def test_a_morning_reading_entered_late_is_nobodys_wrong_clock(town: Town) -> None:
    for minutes in range(3):
        read_by_eye(town, 95.0, START - HOUR + minutes * MINUTE)
    assert town.alerts() == []
