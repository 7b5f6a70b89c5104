"""The database: turns, snapshots, revisions, and errors a person can act on."""

from floodwatch.store.database import Database


def test_every_write_transaction_takes_the_next_revision(database: Database) -> None:
    revisions = []
    for _ in range(3):
        with database.write() as tx:
            revisions.append(tx.rev)
    assert revisions == [1, 2, 3]
