"""The outbox on real databases: who may take a row, and what a row may become."""

from collections.abc import Sequence
from typing import Any

import pytest
from sqlalchemy import insert, select

from floodwatch.model.clock import MINUTE
from floodwatch.model.notification import Message
from floodwatch.store import delivery_log, inbox, outbox
from floodwatch.store.database import Database
from floodwatch.store.outbox import Attempt, Claimed, Entry, Verdict, Waiting
from floodwatch.store.tables import attempt as attempts
from floodwatch.store.tables import outbox as rows
from tests.web.seeding import put_alert

NOW = 1_781_727_900_000


def entry(alert_id: int, person: str = "甲", **more: Any) -> Entry:
    usual: dict[str, Any] = {
        "seq": 1,
        "step": "0",
        "kind": "fired",
        "channel": "smtp",
        "address": "a@example.org",
        "severity": 3,
        "subject": "水",
        "body": "水",
    }
    return Entry(alert_id=alert_id, person=person, **(usual | more))


@pytest.fixture
def alert_id(database: Database) -> int:
    with database.write() as tx:
        return put_alert(
            tx.connection,
            rev=tx.rev,
            station="61990003",
            severity=3,
            fired_at=NOW,
            rule="a/1/b/c/d",
        )


def put(database: Database, *entries: Entry, now: int = NOW) -> None:
    with database.write() as tx:
        outbox.insert(tx, entries, now=now)


def waiting(
    database: Database,
    *,
    epoch: int = 2,
    now: int = NOW,
    sending: Sequence[int] = (),
    most: int = 10,
) -> list[Waiting]:
    with database.read() as connection:
        return outbox.waiting(
            connection, database.dialect, epoch=epoch, now=now, sending=sending, most=most
        )


def lease(database: Database, *ids: int, epoch: int = 2, now: int = NOW) -> list[Claimed]:
    with database.write() as tx:
        return outbox.lease(tx, ids, epoch=epoch, now=now)


def all_rows(database: Database) -> list[dict[str, Any]]:
    with database.read() as connection:
        found = connection.execute(select(rows).order_by(rows.c.id)).mappings()
        return [dict(row) for row in found]


def test_the_same_key_again_changes_nothing(database: Database, alert_id: int) -> None:
    put(database, entry(alert_id), entry(alert_id, step="1"))
    put(database, entry(alert_id, subject="other"), now=NOW + 1)
    assert [(row["subject"], row["created_at"]) for row in all_rows(database)] == [("水", NOW)] * 2


def test_rows_are_due_when_their_time_has_come_gravest_first(
    database: Database, alert_id: int
) -> None:
    put(database, entry(alert_id, "甲"), entry(alert_id, "乙", severity=4))
    put(database, entry(alert_id, "丙"), now=NOW + MINUTE)
    assert [row.severity for row in waiting(database)] == [4, 3]
    assert len(waiting(database, now=NOW + MINUTE)) == 3


def test_each_channel_gets_its_share_and_the_gravest_one_of_their_own(
    database: Database, alert_id: int
) -> None:
    for channel in ("smtp", "log"):
        for severity in (3, 4):
            put(
                database,
                *(
                    entry(alert_id, f"{n}", channel=channel, severity=severity, step=f"{severity}")
                    for n in range(5)
                ),
            )
    found = waiting(database, most=2)
    assert len(found) == 8
    assert {(row.channel, row.severity) for row in found} == {
        ("smtp", 4), ("smtp", 3), ("log", 4), ("log", 3)
    }  # fmt: skip


def test_a_leased_row_belongs_to_its_engine_while_it_is_sending(
    database: Database, alert_id: int
) -> None:
    put(database, entry(alert_id))
    [row] = lease(database, 1)
    assert (row.tries, row.repeat, row.key) == (1, False, f"{alert_id}-1-甲-smtp-0")
    assert waiting(database, sending=[row.id], now=NOW + MINUTE) == []
    assert len(waiting(database)) == 1  # nobody is sending it any more


def test_a_row_leased_by_an_engine_that_ended_is_due_at_once_and_a_repeat(
    database: Database, alert_id: int
) -> None:
    put(database, entry(alert_id))
    lease(database, 1, epoch=2)
    assert waiting(database, epoch=2, sending=[1]) == []
    [row] = waiting(database, epoch=3)
    [again] = lease(database, row.id, epoch=3)
    assert (again.tries, again.repeat) == (2, True)
    with database.read() as connection:
        [made] = connection.execute(select(attempts)).all()
    assert (made.sent, made.epoch) == ("unknown", 2)


def test_a_row_leased_by_a_later_engine_is_not_taken(database: Database, alert_id: int) -> None:
    put(database, entry(alert_id))
    lease(database, 1, epoch=3)
    assert waiting(database, epoch=2) == []


def test_the_all_clear_waits_for_unfinished_rows_of_its_own_way_only(
    database: Database, alert_id: int
) -> None:
    put(
        database,
        entry(alert_id),
        entry(alert_id, channel="log"),
        entry(alert_id, kind="resolved", seq=2),
    )
    assert [row.id for row in waiting(database)] == [1, 2]
    with database.write() as tx:
        outbox.record(tx, [], [Verdict(1, "accepted", None, NOW, "taken")])
    assert [row.id for row in waiting(database)] == [2, 3]


def test_what_is_recorded_ends_the_lease(database: Database, alert_id: int) -> None:
    put(database, entry(alert_id), entry(alert_id, "乙"))
    lease(database, 1, 2)
    with database.write() as tx:
        assert set(outbox.in_flight(tx, [1, 2, 99])) == {1, 2}
        outbox.record(
            tx,
            [Attempt(1, NOW, 2, "accepted", "250"), Attempt(2, NOW, 2, "retry", "451")],
            [
                Verdict(1, "accepted", None, NOW, "250"),
                Verdict(2, "retry", NOW + 2_000, None, "451"),
            ],
        )
        flying = outbox.in_flight(tx, [1, 2])
    assert list(flying) == [2]
    assert (flying[2].leased, flying[2].epoch, flying[2].stands) == (False, None, True)
    with database.read() as connection:
        assert delivery_log.waiting(connection) == {"retry": 1}
        assert len(delivery_log.messages(connection, alert_id)[0]["attempts"]) == 1


def test_every_unfinished_row_says_when_it_goes_on_and_every_final_one_why(
    database: Database, alert_id: int
) -> None:
    put(
        database,
        entry(alert_id),
        entry(alert_id, "乙"),
        entry(alert_id, kind="worsened", seq=2, severity=4),
    )
    with database.write() as tx:
        outbox.supersede_milder(tx, [alert_id])
    with database.write() as tx:
        outbox.supersede_unsent(tx, [alert_id], reason="over")
    for row in all_rows(database):
        assert row["state"] == "superseded"
        assert (row["next_at"], bool(row["reason"])) == (None, True)


def test_who_was_reached_is_known_by_person_and_channel(database: Database, alert_id: int) -> None:
    put(
        database,
        entry(alert_id),
        entry(alert_id, channel="log"),
        entry(alert_id, "乙"),
        entry(alert_id, "丙"),
        entry(alert_id, "甲", seq=2, kind="worsened"),
    )
    with database.write() as tx:
        outbox.record(
            tx,
            [],
            [
                Verdict(1, "accepted", None, NOW, "250"),
                Verdict(4, "failed", None, None, "550"),
            ],
        )
        tx.connection.execute(
            insert(attempts).values(outbox_id=3, at=NOW, epoch=1, sent="unknown", detail="cut")
        )
        lease_of = rows.update().where(rows.c.id == 3).values(state="retry")
        tx.connection.execute(lease_of)
        found = outbox.told(tx, [alert_id])
    assert {(one.person, one.channel): one.reached for one in found} == {
        ("甲", "smtp"): True,
        ("甲", "log"): False,
        ("乙", "smtp"): True,
    }


def test_the_inbox_takes_a_key_once(database: Database) -> None:
    message = Message("k", "1", "甲", "水", "水", 3, at=NOW)
    for _ in range(2):
        with database.write() as tx:
            inbox.keep(tx, message)
    with database.read() as connection:
        kept = delivery_log.inbox(connection)
    assert [(row["body"], row["at"]) for row in kept["甲"]] == [("水", NOW)]
