"""The tables of the sources: their state, raw frames, pictures, files taken, import profiles."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    Index,
    Integer,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
)

from floodwatch.store.schema import Identity, Json, Millis
from floodwatch.store.schema import table as _table

source_state = _table(  # one row a configured source: when it last worked, and where it stands
    "source_state",
    Column("name", String(64), primary_key=True),  # such as "mqtt:north"
    Column("kind", String(16), nullable=False),  # sl651 | mqtt | http | sql | drop | push
    Column("last_try", Millis),  # service ms
    Column("last_success", Millis),
    Column("last_error", Text),
    Column("last_error_at", Millis),
    Column("failures", Integer, nullable=False, default=0),  # in a row
    Column("newest", Millis),  # time of the newest reading it brought
    Column("taken", BigInteger, nullable=False, default=0),  # values handed in, since ever
    Column("stored", BigInteger, nullable=False, default=0),
    Column("duplicate", BigInteger, nullable=False, default=0),
    Column(
        "rejected", BigInteger, nullable=False, default=0
    ),  # with missing and quarantined: taken
    Column("refusals", Json, nullable=False),  # the last refusals, newest first
    Column("cursor", Json, nullable=False),  # where it goes on
    Column("rev", BigInteger, nullable=False),
)

frame = _table(  # telemetry frames as they came, kept for a while
    "frame",
    Column("id", Identity, primary_key=True),
    Column("address", String(16), nullable=False),  # of the station, as the frame has it
    Column("station", String(64)),  # its code here; NULL: unknown
    Column("peer", String(64), nullable=False),  # whence it came
    Column("received", Millis, nullable=False, index=True),  # wall ms
    Column("function", Integer, nullable=False),
    Column("serial", Integer, nullable=False),
    Column("sent", String(12), nullable=False),  # as in the frame, YYMMDDHHmmSS
    Column("outcome", String(16), nullable=False),  # taken | repeated | test | refused
    Column("readings", Integer, nullable=False, default=0),  # values that were stored
    Column("problems", Json, nullable=False),
    Column("raw", LargeBinary, nullable=False),
    Index("ix_frame_address", "address", "received"),
    Index("ix_frame_station", "station", "id"),
)

picture = _table(  # what stations photographed
    "picture",
    Column("id", Identity, primary_key=True),
    Column("station", String(64), nullable=False),
    Column("time", Millis, nullable=False),
    Column("received", Millis, nullable=False),
    Column("mime", String(32), nullable=False),
    Column("whole", Boolean, nullable=False),  # False: packets are missing
    Column("data", LargeBinary, nullable=False),
    Column("rev", BigInteger, nullable=False, index=True),
    Index("ix_picture_station", "station", "time"),
)

import_profile = _table(  # a mapping that was found right, kept under a name
    "import_profile",
    Column("name", String(64), primary_key=True),
    Column("who", String(200), nullable=False),
    Column("at", Millis, nullable=False),
    Column("options", Json, nullable=False),
    Column("rev", BigInteger, nullable=False),
)

dropped_file = _table(  # what a drop folder has taken
    "dropped_file",
    Column("id", Identity, primary_key=True),
    Column("folder", String(64), nullable=False),  # name of the source
    Column("name", String(400), nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("at", Millis, nullable=False),
    Column("state", String(16), nullable=False),  # taking | done | refused
    Column("import_id", Identity),
    Column("reason", Text),
    Column("rev", BigInteger, nullable=False),
    UniqueConstraint("folder", "name", "digest"),
)

archive_change = _table(  # what changed in blocks, or went, and is not yet in the mirror
    "archive_change",
    Column("id", Identity, primary_key=True),
    Column("rev", BigInteger, nullable=False, index=True),
    Column("series_id", Identity, nullable=False),
    Column("start", Millis, nullable=False),
    Column("end", Millis, nullable=False),
    Column("gone", Boolean, nullable=False),  # readings were taken away in it
)

mirror_refused = _table(  # readings that the mirror's server will not take
    "mirror_refused",
    Column("id", Identity, primary_key=True),
    Column("series_id", Identity, nullable=False),
    Column("time", Millis, nullable=False),
    Column("value", Float(53), nullable=False),
    Column("reason", Text, nullable=False),
    Column("at", Millis, nullable=False),
    UniqueConstraint("series_id", "time"),
)
