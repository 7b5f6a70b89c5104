"""Who looks at a single suspect reading, and when: the officer, the patrol, all."""

import pytest
from sqlalchemy import select, update

from floodwatch.model.batch import Batch
from floodwatch.model.clock import HOUR, MINUTE
from floodwatch.model.reading import RawReading
from floodwatch.store import alert_log, tables
from tests.pipeline.town import GAUGE, RESERVOIR, Town

OFFICER, PATROL, CHIEF = "示范值班", "示范巡查", "示范行政"


@pytest.fixture
def spike(town: Town) -> Town:
    """A town with a responsible person, where a reservoir has jumped by 2.4 m at once."""
    person = '[[person]]\nname = "示范行政"\nemail = "chief@example.org"\n\n[[route]]\nseverity'
    town.configure("recipients.toml", "[[route]]\nseverity", person)
    town.configure(
        "stations.toml", 'patrol = ["示范巡查"]', 'patrol = ["示范巡查"], chief = ["示范行政"]'
    )
    town.configure("recipients.toml", 'roles = ["patrol"]', 'roles = ["patrol", "chief"]')
    town.stage(95.0)
    town.clock.advance(5 * MINUTE)
    return town


def told(town: Town) -> set[object]:
    """Who has been written to about water."""
    return {row["person"] for row in town.messages()}


def rain(town: Town, mm: float) -> None:
    """Rain of the last five minutes."""
    town.say(GAUGE, "rainfall", mm)


def test_the_officer_first_then_the_patrol_then_all(spike: Town) -> None:
    spike.stage(97.4)
    spike.wait(2)
    assert told(spike) == {OFFICER}
    spike.wait(2)
    assert told(spike) == {OFFICER, PATROL}
    spike.wait(1)
    assert told(spike) == {OFFICER, PATROL}
    spike.wait(2)
    assert told(spike) == {OFFICER, PATROL, CHIEF}


def test_the_patrol_is_asked_once_and_the_officer_not_again(spike: Town) -> None:
    spike.stage(97.4)
    spike.wait(5, step=0.25)
    first = [row for row in spike.messages() if row["kind"] == "fired"]
    assert [row["person"] for row in first] == [OFFICER, PATROL]


def test_the_patrol_owes_its_own_answer(spike: Town) -> None:
    spike.stage(97.4)
    spike.wait(4)
    with spike.database.read() as connection:
        owed = {owed.party for owed in alert_log.open_obligations(connection)}
    assert owed >= {PATROL}
    assert CHIEF not in owed


def test_a_good_reading_within_three_minutes_leaves_the_patrol_alone(spike: Town) -> None:
    spike.stage(97.4)
    spike.wait(2)
    spike.stage(95.01)
    spike.wait(8)
    assert told(spike) == {OFFICER}
    assert not spike.alerts()


def test_a_denied_reading_is_never_told_to_the_responsible_person(spike: Town) -> None:
    spike.stage(97.4)
    spike.wait(5)
    spike.stage(95.01)
    spike.wait(8)
    assert told(spike) == {OFFICER, PATROL}


def test_a_restart_forgets_no_step(spike: Town) -> None:
    spike.stage(97.4)
    spike.wait(4)
    spike.restart()
    spike.wait(1)
    first = [row for row in spike.messages() if row["kind"] == "fired"]
    assert [row["person"] for row in first] == [OFFICER, PATROL]
    spike.wait(2)
    assert told(spike) == {OFFICER, PATROL, CHIEF}


def test_heavy_rain_supports_a_suspect_rise_at_once(spike: Town) -> None:
    rain(spike, 24.0)
    spike.stage(97.4)
    [alert] = [row for row in spike.alerts() if row["type"] == "level"]
    assert not alert["suspect"]
    assert told(spike) >= {OFFICER, PATROL, CHIEF}


def test_a_little_rain_does_not(spike: Town) -> None:
    rain(spike, 8.0)
    spike.stage(97.4)
    assert told(spike) == {OFFICER}


def test_the_officer_sees_the_rain_beside_it(spike: Town) -> None:
    rain(spike, 8.0)
    spike.stage(97.4)
    [alert] = spike.alerts()
    facts = alert["facts"]
    assert isinstance(facts, dict)
    assert facts["rain_1h"] == 8.0


def test_a_second_suspect_and_worse_reading_tells_all_at_once(spike: Town) -> None:
    spike.stage(97.4)
    spike.clock.advance(MINUTE)
    spike.stage(98.9)
    assert told(spike) == {OFFICER, PATROL, CHIEF}


def test_a_burst_with_a_spike_inside_asks_nobody(spike: Town) -> None:
    now = spike.clock.wall()
    readings = [
        RawReading(RESERVOIR, "stage", now + k * MINUTE, value)
        for k, value in enumerate((95.0, 97.4, 95.01))
    ]
    spike.clock.advance(2 * MINUTE)
    spike.send(Batch("test", tuple(readings)))
    spike.wait(8)
    assert PATROL not in told(spike)
    assert not spike.alerts()


def sent(town: Town) -> None:
    """What waits in the outbox has arrived."""
    with town.database.write() as tx:
        tx.connection.execute(
            update(tables.outbox)
            .where(tables.outbox.c.state == "pending")
            .values(state="accepted", next_at=None)
        )


def owed(town: Town) -> set[tuple[str, int]]:
    """Who owes what."""
    with town.database.read() as connection:
        query = select(tables.obligation).where(tables.obligation.c.state == "open")
        return {(row.party, row.severity) for row in connection.execute(query)}


@pytest.fixture
def spilling(spike: Town) -> Town:
    """The same, standing at grade IV and told so, when a doubtful grade II comes."""
    spike.stage(95.03)
    spike.clock.advance(HOUR)
    spike.stage(95.21)
    spike.wait(1)
    sent(spike)
    spike.clock.advance(5 * MINUTE)
    spike.stage(97.4)
    return spike


def test_what_a_denied_reading_alone_had_asked_for_ends_though_the_alert_only_eases(
    spilling: Town,
) -> None:
    sent(spilling)
    spilling.wait(4)
    assert {(OFFICER, 3), (PATROL, 3)} <= owed(spilling)
    sent(spilling)
    before = len(spilling.messages())
    spilling.stage(95.22)
    [alert] = spilling.alerts()
    assert alert["severity"] == 1
    assert all(severity <= 1 for _, severity in owed(spilling))
    words = spilling.messages()[before:]
    assert sorted(str(row["person"]) for row in words) == sorted([OFFICER, PATROL])
    assert all("此前数值疑似异常" in str(row["body"]) for row in words)
    spilling.wait(12)
    assert {row["kind"] for row in spilling.messages()[before:]} == {"fired"}


def test_a_denied_reading_that_was_not_yet_sent_is_not_sent(spilling: Town) -> None:
    spilling.clock.advance(MINUTE)
    spilling.stage(95.22)
    grave = [row for row in spilling.messages() if row["severity"] == 3]
    assert grave
    assert {row["state"] for row in grave} == {"superseded"}
