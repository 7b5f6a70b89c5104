"""Raw frames and pictures: kept, found, and forgotten in time."""

from floodwatch.model.telemetry import Fate, Picture, Trace
from floodwatch.store import frames, pictures
from floodwatch.store.database import Database

NOW = 1_780_000_000_000
CODE = "61990001"


def trace(received: int, *, fate: Fate = Fate.TAKEN, station: str | None = CODE) -> Trace:
    return Trace("0061990001", station, "10.0.0.7", received, 0x32, 1, "260701", fate, b"\x7e")


def photograph(
    time: int, *, station: str = CODE, whole: bool = True, data: bytes = b"x"
) -> Picture:
    return Picture(station, time, time, "image/jpeg", whole, data)


def test_frames_are_found_newest_first_by_station_address_and_outcome(database: Database) -> None:
    with database.write() as tx:
        frames.keep(tx, [trace(NOW), trace(NOW + 1, fate=Fate.REFUSED, station=None)])
        frames.keep(tx, [trace(NOW + 2)], readings=3, refused=["no such gauge"])
    with database.read() as connection:
        assert [f.received - NOW for f in frames.listed(connection)] == [2, 1, 0]
        assert [f.id for f in frames.listed(connection, station=CODE)] == [3, 1]
        assert len(frames.listed(connection, address="0061990001")) == 3
        assert [f.id for f in frames.listed(connection, outcome="refused")] == [2]
        assert [f.id for f in frames.listed(connection, before=3, limit=1)] == [2]
        assert [f.id for f in frames.since(connection, NOW, limit=9)] == [1, 3]
        newest = frames.newest(connection, CODE)
    assert newest is not None
    assert (newest.readings, newest.problems, newest.raw) == (3, ["no such gauge"], b"\x7e")


def test_old_frames_are_forgotten_a_few_at_a_time(database: Database) -> None:
    with database.write() as tx:
        frames.keep(tx, [trace(NOW + n) for n in range(2 * frames.AT_ONCE + 10)])
    assert frames.forget(database, before=NOW + 2 * frames.AT_ONCE) == 2 * frames.AT_ONCE
    with database.read() as connection:
        assert frames.count(connection) == 10


def test_the_newest_picture_of_each_station_is_never_forgotten(database: Database) -> None:
    with database.write() as tx:
        pictures.keep(tx, [photograph(NOW), photograph(NOW + 5), photograph(NOW, station="x")])
    assert pictures.forget(database, before=NOW + 100) == 1
    with database.read() as connection:
        newest = pictures.newest(connection, CODE)
        assert newest is not None
        assert newest.time == NOW + 5
        assert pictures.newest(connection, "x") is not None


def test_a_whole_picture_is_not_replaced_by_its_remains(database: Database) -> None:
    with database.write() as tx:
        pictures.keep(tx, [photograph(NOW, data=b"all of it")])
        pictures.keep(tx, [photograph(NOW, whole=False, data=b"all")])
        pictures.keep(tx, [photograph(NOW, data=b"all of it")])
    with database.read() as connection:
        assert pictures.data(connection, 1) == ("image/jpeg", b"all of it")
        assert pictures.data(connection, 2) is None
