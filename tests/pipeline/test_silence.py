"""Rules on silence through the whole way in: who is told, what stands for what, when it ends."""

import pytest

from floodwatch.model.batch import Batch
from floodwatch.model.clock import HOUR, MINUTE
from floodwatch.model.reading import RawReading
from floodwatch.store import alert_log
from tests.pipeline.town import GAUGE, RESERVOIR, STREET, Town

SILENT = ("stale", "rise_silent", "rise_flat", "offline", "feed")


def of(town: Town, type_: str, state: str = "all") -> list[dict[str, object]]:
    """The alerts of one type, oldest first."""
    with town.database.read() as connection:
        found = alert_log.alerts(connection, state=state, limit=500)
    return sorted((row for row in found if row["type"] == type_), key=lambda row: row["id"])


def rise(town: Town, *, hours: float = 1, top: float = 96.5) -> None:
    """The reservoir rises 0.36 m an hour, a report every five minutes, up to `top`."""
    for left in range(int(hours * 12), -1, -1):
        town.stage(round(top - 0.03 * left, 2))
        if left:
            town.wait(5, step=5)


def told(town: Town, alert: dict[str, object]) -> set[object]:
    return {row["person"] for row in town.messages() if row["alert_id"] == alert["id"]}


def test_a_gauge_that_falls_silent_while_rising_is_told_in_seven_minutes(town: Town) -> None:
    rise(town)
    town.wait(5)
    assert not of(town, "rise_silent")
    town.wait(2)
    [alert] = of(town, "rise_silent")
    assert alert["severity"] == 4  # the design flood of 96.80 within the hour
    assert told(town, alert) == {"示范值班", "示范巡查"}
    [text] = {row["body"] for row in town.messages() if row["alert_id"] == alert["id"]}
    assert "96.50米后失测" in str(text)
    assert "请到场读水尺" in str(text)


def test_its_plain_silence_is_not_told_beside_it(town: Town) -> None:
    rise(town)
    town.wait(90, step=5)
    [stale] = of(town, "stale", "firing")
    assert told(town, stale) == set()


def test_the_late_readings_end_both_once_and_call_nobody(town: Town) -> None:
    rise(town)
    town.wait(7 * 60, step=10)
    told_before = len(town.messages())
    now = town.clock.wall()
    burst = [
        RawReading(RESERVOIR, "stage", now - k * 5 * MINUTE, round(96.6 - k / 1000, 2))
        for k in range(83, -1, -1)
    ]
    town.send(Batch("test", tuple(burst)))
    town.wait(3)
    assert [row["resolved_at"] is not None for row in of(town, "rise_silent")] == [True]
    assert [row["resolved_at"] is not None for row in of(town, "stale")] == [True]
    kinds = {row["kind"] for row in town.messages()[told_before:]}
    assert kinds <= {"resolved", "missed"}  # missed: nothing is ever sent in this town


def test_a_burst_that_comes_in_pieces_ends_it_with_the_fresh_one(town: Town) -> None:
    rise(town)
    town.wait(4 * 60, step=10)
    for hours in (3, 2, 1.5):
        town.stage(96.4, at=town.clock.wall() - int(hours * HOUR))
        town.wait(1)
        assert of(town, "rise_silent", "firing")
    town.stage(96.3)
    assert not of(town, "rise_silent", "firing")
    assert len(of(town, "rise_silent")) == 1


def test_an_old_newest_reading_raises_the_silence(town: Town) -> None:
    """A drowned valley's last words arrive hours later, in one piece."""
    town.stage(95.0)
    town.wait(4 * 60, step=20)
    begun = town.clock.wall() - 3 * HOUR
    last = [
        RawReading(RESERVOIR, "stage", begun + k * 5 * MINUTE, round(95.0 + 0.03 * k, 2))
        for k in range(15)
    ]
    town.send(Batch("test", tuple(last)))
    [alert] = of(town, "rise_silent", "firing")
    assert alert["facts"]["late"] == 1  # type: ignore[index]


def test_silence_is_found_sooner_once_the_rain_alerts(town: Town) -> None:
    town.stage(95.0)
    town.say(GAUGE, "rainfall", 0.0)
    town.wait(62)
    assert RESERVOIR not in town.silent()
    for _ in range(3):
        town.say(GAUGE, "rainfall", 17.0)
        town.clock.advance(5 * MINUTE)
    assert RESERVOIR in town.silent()


def test_when_the_rain_is_over_the_silence_stays(town: Town) -> None:
    town.stage(95.0)
    town.say(GAUGE, "rainfall", 24.0)
    town.wait(62)
    assert RESERVOIR in town.silent()
    for _ in range(30):
        town.wait(5, step=5)
        town.say(GAUGE, "rainfall", 0.0)
    assert RESERVOIR in town.silent()
    town.stage(95.0)
    assert RESERVOIR not in town.silent()


@pytest.fixture
def linked(town: Town) -> Town:
    """All stations behind one gateway, the reservoir with two more gauges."""
    for code in (RESERVOIR, STREET, GAUGE):
        town.configure("stations.toml", f'code = "{code}"', f'code = "{code}"\ngateway = "北片"')
    town.configure(
        "stations.toml",
        '{variable = "stage", maximum = 101.0}',
        '{variable = "stage", maximum = 101.0}, {variable = "seepage", gauge = "S1"}',
    )
    town.ticker.tick()
    return town


def speak(town: Town, *codes: str) -> None:
    if RESERVOIR in codes:
        town.stage(95.0)
        reading = RawReading(RESERVOIR, "seepage", town.clock.wall(), 0.4, gauge="S1")
        town.send(Batch("test", (reading,)))
    if STREET in codes:
        town.say(STREET, "ponding_depth", 1578)
    if GAUGE in codes:
        town.say(GAUGE, "rainfall", 0.0)


def test_a_dead_gateway_is_one_alert_and_its_stations_are_not_told(linked: Town) -> None:
    speak(linked, RESERVOIR, STREET, GAUGE)
    linked.wait(100)
    [dead] = of(linked, "feed", "firing")
    assert told(linked, dead)
    others = [row for type_ in ("stale", "offline") for row in of(linked, type_)]
    spoken = [row for row in others if told(linked, row) and row["station"] != STREET]
    assert spoken == []


def test_the_gateway_is_back_with_the_first_word(linked: Town) -> None:
    speak(linked, RESERVOIR, STREET, GAUGE)
    linked.wait(100)
    speak(linked, RESERVOIR, STREET, GAUGE)
    linked.wait(2)
    assert [row for type_ in SILENT for row in of(linked, type_, "firing")] == []


def test_a_station_off_line_is_one_alert(linked: Town) -> None:
    for _ in range(20):
        speak(linked, *((RESERVOIR,) if _ == 0 else ()), STREET, GAUGE)
        linked.wait(5, step=5)
    assert not of(linked, "feed")
    [station] = of(linked, "offline", "firing")
    assert told(linked, station)
    assert all(told(linked, row) == set() for row in of(linked, "stale"))
