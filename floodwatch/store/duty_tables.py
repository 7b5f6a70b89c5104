"""The tables of the duty room: mutes, plan ticks, registers, the log, what answers came in."""

from sqlalchemy import (
    BigInteger,
    Column,
    Float,
    ForeignKey,
    Integer,
    String,
    Text,
    UniqueConstraint,
)

from floodwatch.store.schema import Identity, Json, Millis
from floodwatch.store.schema import table as _table

mute = _table(  # nobody is told of an alert for a while: shelved, or its station is being worked on
    "mute",
    Column("id", Identity, primary_key=True),
    Column("kind", String(16), nullable=False),  # shelve | maintenance
    Column("station", String(64), nullable=False),
    Column("alert_id", Identity, ForeignKey("alert.id"), index=True),  # NULL: the whole station
    Column("severity", Integer, nullable=False),  # up to this one; a worse one breaks through
    Column("begins", Millis, nullable=False),  # service ms
    Column("ends", Millis, nullable=False, index=True),
    Column("who", String(200), nullable=False),
    Column("second", String(200)),  # the second person whom a grade I needs
    Column("reason", Text, nullable=False),
    Column("ended_at", Millis, index=True),  # NULL: still in force, or its end not yet dealt with
    Column("ended_by", String(200)),
    Column("rev", BigInteger, nullable=False, index=True),
)

plan_tick = _table(  # a step of a plan that was done; taken back rows stay
    "plan_tick",
    Column("id", Identity, primary_key=True),
    Column("alert_id", Identity, ForeignKey("alert.id"), nullable=False, index=True),
    Column("plan", String(200), nullable=False),  # its title
    Column("step", Text, nullable=False),  # as it was worded on the day
    Column("at", Millis, nullable=False),
    Column("who", String(200), nullable=False),
    Column("note", Text),
    Column("undone_at", Millis),
    Column("undone_by", String(200)),
    Column("rev", BigInteger, nullable=False, index=True),
)

response = _table(  # the register of emergency response: people start, change and end it
    "response",
    Column("id", Identity, primary_key=True),
    Column("action", String(16), nullable=False),  # start | change | end
    Column("level", Integer),  # 1 (IV) to 4 (I) as Severity; NULL: ended
    Column("at", Millis, nullable=False),
    Column("who", String(200), nullable=False),
    Column("document", String(200), nullable=False),
    Column("note", Text),
    Column("rev", BigInteger, nullable=False, index=True),
)

log_entry = _table(  # the duty log: what people write down beside what the service knows
    "log_entry",
    Column("id", Identity, primary_key=True),
    Column("at", Millis, nullable=False, index=True),
    Column("who", String(200), nullable=False),
    Column("kind", String(32), nullable=False),  # note | call | order | handover | …
    Column("text", Text, nullable=False),
    Column("alert_id", Identity),
    Column("rev", BigInteger, nullable=False, index=True),
)

sound = _table(  # every tone the room was to hear: quiet nights are a promise
    "sound",
    Column("id", Identity, primary_key=True),
    Column("at", Millis, nullable=False, index=True),  # service ms
    Column("alert_id", Identity, nullable=False),
    Column("severity", Integer, nullable=False),
    Column("kind", String(16), nullable=False),  # new | worse | repeat
    Column("rev", BigInteger, nullable=False, index=True),
)

hazard = _table(  # found on patrol, closed again; meanwhile it may set a stricter limit
    "hazard",
    Column("id", Identity, primary_key=True),
    Column("station", String(64), nullable=False, index=True),
    Column("title", Text, nullable=False),
    Column("found_at", Millis, nullable=False),
    Column("found_by", String(200), nullable=False),
    Column("owner", String(200), nullable=False),
    Column("due", Millis),  # when it must be put right
    Column("severity", Integer, nullable=False),
    Column("variable", String(32)),
    Column("gauge", String(32)),
    Column("limit_value", Float(53)),  # at or above, canonical unit; NULL: no limit
    Column("closed_at", Millis),
    Column("closed_by", String(200)),
    Column("note", Text),
    Column("rev", BigInteger, nullable=False, index=True),
)

inspection = _table(  # 巡查
    "inspection",
    Column("id", Identity, primary_key=True),
    Column("station", String(64), nullable=False, index=True),
    Column("at", Millis, nullable=False),
    Column("who", String(200), nullable=False),
    Column("result", Text, nullable=False),
    Column("rev", BigInteger, nullable=False, index=True),
)

forecast = _table(  # rain typed in from the weather service's forecast
    "forecast",
    Column("id", Identity, primary_key=True),
    Column("issued_at", Millis, nullable=False),
    Column("begins", Millis, nullable=False),
    Column("ends", Millis, nullable=False, index=True),
    Column("rainfall_mm", Float(53), nullable=False),
    Column("who", String(200), nullable=False),
    Column("source", String(200), nullable=False),
    Column("rev", BigInteger, nullable=False, index=True),
)

city_request = _table(  # 联调单: asked, answered, running
    "city_request",
    Column("id", Identity, primary_key=True),
    Column("station", String(64), nullable=False),  # the pumping station asked for
    Column("alert_id", Identity, index=True),
    Column("text", Text, nullable=False),
    Column("asked_at", Millis, nullable=False),
    Column("asked_by", String(200), nullable=False),
    Column("answered_at", Millis),
    Column("answered_by", String(200)),
    Column("answer", Text),
    Column("running_at", Millis),
    Column("ended_at", Millis, index=True),
    Column("rev", BigInteger, nullable=False, index=True),
)

backup_source = _table(  # the state of a backup source; the newest row of a station counts
    "backup_source",
    Column("id", Identity, primary_key=True),
    Column("station", String(64), nullable=False, index=True),
    Column("state", String(16), nullable=False),  # ready | running | failed | unknown
    Column("at", Millis, nullable=False),
    Column("who", String(200), nullable=False),
    Column("note", Text),
    Column("rev", BigInteger, nullable=False, index=True),
)

incoming = _table(  # messages that came in, and what they were taken for
    "incoming",
    Column("id", Identity, primary_key=True),
    Column("channel", String(32), nullable=False),
    Column("provider_id", String(200), nullable=False),
    Column("address", String(320), nullable=False),
    Column("at", Millis, nullable=False),
    Column("text", Text, nullable=False),
    Column("person", String(200)),
    Column("outcome", String(32), nullable=False),  # answered | unknown_number | not_understood …
    Column("alerts", Json, nullable=False),  # ids it answered
    Column("rev", BigInteger, nullable=False, index=True),
    UniqueConstraint("channel", "provider_id"),
)

quota_use = _table(  # what was sent by a provider to an address on a day
    "quota_use",
    Column("channel", String(32), primary_key=True),
    Column("address", String(320), primary_key=True),
    Column("day", Integer, primary_key=True, autoincrement=False, index=True),  # yyyymmdd, local
    Column("n", Integer, nullable=False),
)

exercise = _table(  # 演练: a message to everybody that asks for an answer and is no alert
    "exercise",
    Column("id", Identity, primary_key=True),
    Column("at", Millis, nullable=False),  # service ms
    Column("who", String(200), nullable=False),
    Column("scope", String(200), nullable=False),  # empty: everybody
    Column("rev", BigInteger, nullable=False, index=True),
)

exercise_party = _table(
    "exercise_party",
    Column("exercise_id", Identity, ForeignKey("exercise.id"), primary_key=True),
    Column("person", String(200), primary_key=True),
    Column("answered_at", Millis),
    Column("via", String(16)),
    Column("rev", BigInteger, nullable=False, index=True),
)
