"""Damaged blocks are found and named, old ones are written anew, and no reading changes."""

import pytest
from sqlalchemy import select, update

from floodwatch.hydrology.series import Series
from floodwatch.model.clock import HOUR
from floodwatch.store import archive, block_care
from floodwatch.store.block_care import Owner
from floodwatch.store.block_codec import FORMAT, decode
from floodwatch.store.blocks import same
from floodwatch.store.database import Database
from floodwatch.store.tables import block
from floodwatch.store.tables import series as series_table
from tests.store.series_of import add_series, series_of
from tests.store.test_block_codec import OLD

N = 24_000
SEALED = N * HOUR


@pytest.fixture
def owner(database: Database) -> Owner:
    """A series of three blocks."""
    number = add_series(database, sealed_until=SEALED)
    with database.write() as tx:
        archive.merge(tx, number, series_of(range(0, SEALED, HOUR), [n / 8 for n in range(N)]))
    [found] = block_care.owners(database)
    return found


def change(database: Database, start: int, **values: object) -> None:
    with database.write() as tx:
        tx.connection.execute(update(block).where(block.c.start == start).values(values))


def rows(database: Database) -> list:
    with database.read() as connection:
        return list(connection.execute(select(block).order_by(block.c.start)))


def everything(database: Database, number: int) -> Series:
    with database.read() as connection:
        return archive.read(connection, number, -(2**60), 2**60)


def said(database: Database, owner: Owner) -> list[tuple[int, str]]:
    return [(fault.start, fault.what) for fault in block_care.verify(database, owner)[1]]


def test_sound_blocks_are_counted_and_nothing_is_said(database: Database, owner: Owner) -> None:
    assert block_care.verify(database, owner) == (3, [])


def test_a_changed_byte_is_found(database: Database, owner: Owner) -> None:
    second = rows(database)[1]
    data = bytearray(second.data)
    data[len(data) // 2] ^= 0x10
    change(database, second.start, data=bytes(data))
    [fault] = block_care.verify(database, owner)[1]
    assert (fault.owner, fault.start, fault.end) == (owner, second.start, second.end)
    assert "damaged" in fault.what


def test_swapped_rows_are_found(database: Database, owner: Owner) -> None:
    first, second, _ = rows(database)
    change(database, first.start, data=second.data)
    change(database, second.start, data=first.data)
    assert said(database, owner) == [
        (first.start, "its times are not those of its row"),
        (second.start, "its times are not those of its row"),
    ]


def test_a_wrong_count_and_a_wrong_end_are_found(database: Database, owner: Owner) -> None:
    first, _, last = rows(database)
    change(database, first.start, n=first.n + 1)
    change(database, last.start, end=last.end - 1)
    assert said(database, owner) == [
        (first.start, f"it holds {first.n} readings, its row says {first.n + 1}"),
        (last.start, "its times are not those of its row"),
    ]


def test_what_overlaps_or_reaches_into_the_journal_is_found(
    database: Database, owner: Owner
) -> None:
    first, second, last = rows(database)
    change(database, first.start, end=second.start)
    with database.write() as tx:
        tx.connection.execute(update(series_table).values(sealed_until=last.end))
    found = said(database, owner)
    assert (second.start, "it overlaps the block before it") in found
    assert (last.start, "it reaches beyond where the journal begins") in found


def test_a_format_from_tomorrow_is_named(database: Database, owner: Owner) -> None:
    change(database, rows(database)[0].start, format=99)
    assert "99 is not known" in said(database, owner)[0][1]


def test_more_blocks_than_are_read_at_once_are_all_looked_at(
    database: Database, owner: Owner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(block_care, "MOST_BLOCKS", 1)
    first, second, _ = rows(database)
    change(database, first.start, end=second.start)
    assert block_care.verify(database, owner)[0] == 3
    assert (second.start, "it overlaps the block before it") in said(database, owner)


def test_stats_add_up(database: Database, owner: Owner) -> None:
    [room] = block_care.stats(database)
    stored = sum(len(row.data) for row in rows(database))
    assert room == ("stage", 1, 3, N, stored)
    assert room.per_reading == stored / N


@pytest.fixture
def mixed(database: Database) -> Owner:
    """A series of small blocks, two of an older format."""
    number = add_series(database, sealed_until=SEALED)
    with database.write() as tx:
        for data, _ in OLD[:1]:
            _put(tx, number, bytes.fromhex(data))
        for day in (1, 2):
            times = range(day * 24 * HOUR, (day * 24 + 9) * HOUR, HOUR)
            part = archive.encoded(series_of(times, [day / 3] * 9))
            _put(tx, number, part.data)
    [found] = block_care.owners(database)
    return found


def _put(tx: object, number: int, data: bytes) -> None:
    found = decode(data)
    values = {
        "series_id": number,
        "start": int(found.times[0]),
        "end": int(found.times[-1]),
        "n": found.size,
        "version": 1,
        "format": data[0],
        "data": data,
    }
    tx.connection.execute(block.insert().values(values))  # type: ignore[attr-defined]


def test_old_and_small_blocks_become_one_new_one(database: Database, mixed: Owner) -> None:
    before = everything(database, mixed.id)
    assert block_care.unrenewed(database) == [mixed]
    done = block_care.renew(database, mixed)
    assert (done.before, done.after, done.damaged) == (3, 1, ())
    [row] = rows(database)
    assert (row.format, row.n) == (FORMAT, 38)
    assert row.version > 1
    assert same(everything(database, mixed.id), before)
    assert block_care.verify(database, mixed) == (1, [])
    assert block_care.renew(database, mixed).before == 0


def test_a_damaged_block_is_left_as_it_is(database: Database, mixed: Owner) -> None:
    change(database, rows(database)[1].start, n=8)
    before = rows(database)
    done = block_care.renew(database, mixed)
    assert [fault.start for fault in done.damaged] == [before[1].start]
    assert rows(database) == before


def test_what_changes_meanwhile_waits(
    database: Database, mixed: Owner, monkeypatch: pytest.MonkeyPatch
) -> None:
    encode = block_care.block_rows.encoded

    def disturbed(series: Series) -> object:
        change(database, rows(database)[0].start, version=77)
        return encode(series)

    monkeypatch.setattr(block_care.block_rows, "encoded", disturbed)
    done = block_care.renew(database, mixed)
    assert (done.before, done.postponed) == (0, 1)
    assert len(rows(database)) == 3
