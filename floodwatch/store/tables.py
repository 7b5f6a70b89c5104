"""The tables. All times are integers, ms UTC (readings' own) or ms of service time (deadlines)."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
    text,
)

from floodwatch.store.duty_tables import (
    backup_source,
    city_request,
    forecast,
    hazard,
    incoming,
    inspection,
    log_entry,
    mute,
    plan_tick,
    quota_use,
    response,
    sound,
)
from floodwatch.store.people_tables import audit, session, token, user
from floodwatch.store.schema import Identity, Json, Millis, metadata
from floodwatch.store.schema import table as _table
from floodwatch.store.service_tables import (
    config_version,
    job,
    lease,
    revision,
    service_time,
    setting,
)
from floodwatch.store.source_tables import (
    archive_change,
    dropped_file,
    frame,
    import_profile,
    mirror_refused,
    picture,
    source_state,
)

__all__ = [  # the tables of the neighbouring modules, so that all are found in one place
    "archive_change",
    "audit",
    "backup_source",
    "city_request",
    "config_version",
    "dropped_file",
    "forecast",
    "frame",
    "hazard",
    "import_profile",
    "incoming",
    "inspection",
    "job",
    "lease",
    "log_entry",
    "metadata",
    "mirror_refused",
    "mute",
    "picture",
    "plan_tick",
    "quota_use",
    "response",
    "revision",
    "service_time",
    "session",
    "setting",
    "sound",
    "source_state",
    "token",
    "user",
]

# -- readings ---------------------------------------------------------------------------------

series = _table(
    "series",
    Column("id", Identity, primary_key=True),
    Column("station", String(64), nullable=False),
    Column("gauge", String(32), nullable=False),
    Column("variable", String(32), nullable=False),
    Column("period", BigInteger, nullable=False),  # ms, 0 for instants
    Column("sealed_until", Millis, nullable=False),  # before: blocks; from here on: readings
    UniqueConstraint("station", "gauge", "variable", "period"),
)

reading = _table(
    "reading",
    Column("series_id", Identity, ForeignKey("series.id"), primary_key=True, autoincrement=False),
    Column("time", Millis, primary_key=True, autoincrement=False),
    Column("value", Float(53), nullable=False),
    Column("quality", Integer, nullable=False),  # model.quality.pack
    Column("received", Millis, nullable=False),
    Column("rev", BigInteger, nullable=False, index=True),  # the mirror follows it
    sqlite_with_rowid=False,
)

block = _table(
    "block",
    Column("series_id", Identity, ForeignKey("series.id"), primary_key=True, autoincrement=False),
    Column("start", Millis, primary_key=True, autoincrement=False),  # first reading's time
    Column("end", Millis, nullable=False),  # last reading's time
    Column("n", Integer, nullable=False),
    Column("version", Integer, nullable=False),  # raised at each rewrite
    Column("format", Integer, nullable=False),
    Column("data", LargeBinary, nullable=False),
)

latest = _table(
    "latest",
    Column("series_id", Identity, ForeignKey("series.id"), primary_key=True, autoincrement=False),
    Column("time", Millis, nullable=False),
    Column("value", Float(53), nullable=False),
    Column("quality", Integer, nullable=False),
    Column("received", Millis, nullable=False),  # when this value came, wall ms
    Column("heard", Millis, nullable=False),  # when the gauge last said anything, service ms
    Column("since", Millis, nullable=False),  # time of the first of this run of equal values
    Column("late", Boolean, nullable=False, default=False),  # 补报: came long after its time
    Column("rev", BigInteger, nullable=False, index=True),
)

quarantine = _table(
    "quarantine",
    Column("id", Identity, primary_key=True),
    Column("series_id", Identity, ForeignKey("series.id"), nullable=False),
    Column("time", Millis, nullable=False),
    Column("value", Float(53), nullable=False),
    Column("received", Millis, nullable=False),
    Column("reason", String(32), nullable=False),  # clock | misdated
    Column("source", String(200), nullable=False),
    Column("import_id", Identity),
    Column("state", String(16), nullable=False, default="held"),  # held | released | discarded
    Column("decided_by", String(200)),
    Column("decided_at", Millis),
    Column("rev", BigInteger, nullable=False),
    UniqueConstraint("series_id", "time", "value"),
)

correction = _table(
    "correction",
    Column("id", Identity, primary_key=True),
    Column("series_id", Identity, ForeignKey("series.id"), nullable=False),
    Column("time", Millis, nullable=False),
    Column("old_value", Float(53)),  # NULL: there was none (an import beneath was undone)
    Column("old_quality", Integer),
    Column("new_value", Float(53), nullable=False),
    Column("at", Millis, nullable=False),
    Column("source", String(200), nullable=False),
    Column("import_id", Identity),  # NULL: live
    Column("rev", BigInteger, nullable=False),
    Index("ix_correction_series_time", "series_id", "time"),
)

daily = _table(
    "daily",
    Column("series_id", Identity, ForeignKey("series.id"), primary_key=True, autoincrement=False),
    Column("day", Integer, primary_key=True, autoincrement=False),  # hydrological day, yyyymmdd
    Column("n", Integer, nullable=False),
    Column("coverage", Float, nullable=False),
    Column("minimum", Float(53)),
    Column("minimum_at", Millis),
    Column("maximum", Float(53)),
    Column("maximum_at", Millis),
    Column("mean", Float(53)),
    Column("sum", Float(53)),
    Column("first", Float(53)),
    Column("last", Float(53)),
)

dirty = _table(  # spans whose daily rows must be computed again
    "dirty",
    Column("id", Identity, primary_key=True),
    Column("series_id", Identity, nullable=False),
    Column("start", Millis, nullable=False),
    Column("end", Millis, nullable=False),
    Index("ix_dirty_series", "series_id"),
)

imported = _table(
    "import",
    Column("id", Identity, primary_key=True),
    Column("who", String(200), nullable=False),
    Column("at", Millis, nullable=False),
    Column("state", String(16), nullable=False),  # running done cancelled failed undoing undone
    Column("names", Json, nullable=False),  # file names
    Column("report", Json, nullable=False),  # its accounting, as the command prints it
    Column("undone_by", String(200)),
    Column("undone_at", Millis),
    Column("rev", BigInteger, nullable=False),
)

import_delta = _table(
    "import_delta",
    Column("id", Identity, primary_key=True),
    Column("import_id", Identity, ForeignKey("import.id"), nullable=False),
    Column("series_id", Identity, ForeignKey("series.id"), nullable=False),
    Column("start", Millis, nullable=False),
    Column("end", Millis, nullable=False),
    Column("rev", BigInteger, nullable=False),
    Column("data", LargeBinary, nullable=False),  # times, old values or "absent", old qualities
    Index("ix_import_delta_import", "import_id"),
    Index("ix_import_delta_series", "series_id", "start"),
)

# -- rules, alerts, obligations -----------------------------------------------------------------

rule_state = _table(
    "rule_state",
    Column("rule", String(200), primary_key=True),  # str(RuleKey)
    Column("phase", String(16), nullable=False),
    Column("due", Millis, index=True),  # service ms at which time alone may change it
    Column("alert_id", Identity),
    Column("state", Json, nullable=False),  # the rest of RuleState
    Column("config_version", Identity, nullable=False, default=0),
    Column("rev", BigInteger, nullable=False),
)

alert = _table(
    "alert",
    Column("id", Identity, primary_key=True),
    Column("rule", String(200), nullable=False, index=True),
    Column("station", String(64), nullable=False),
    Column("gauge", String(32), nullable=False),
    Column("variable", String(32), nullable=False),
    Column("type", String(32), nullable=False),
    Column("direction", String(8), nullable=False),
    Column("severity", Integer, nullable=False),  # now
    Column("worst", Integer, nullable=False),
    Column("origin", String(16), nullable=False),
    Column("band", String(64), nullable=False),
    Column("label", String(200), nullable=False),
    Column("limit_value", Float(53)),
    Column("value", Float(53)),
    Column("value_time", Millis),
    Column("peak", Float(53)),
    Column("peak_at", Millis),
    Column("suspect", Boolean, nullable=False),
    Column("facts", Json, nullable=False),
    Column("fired_at", Millis, nullable=False),  # service ms
    Column("onset", Millis, nullable=False),  # time of the reading that fired it
    Column("resolved_at", Millis),
    Column("acked_by", String(200)),
    Column("acked_at", Millis),
    Column("acked_severity", Integer),
    Column("note", Text),
    Column("config_version", Identity, nullable=False),
    Column("assignee", String(200)),  # who of the room has taken it on
    Column("muted_by", String(64)),  # why nobody is told: shelve:ID | maintenance:ID | alert:ID
    Column("rev", BigInteger, nullable=False, index=True),
)
Index(
    "uq_alert_open_rule",
    alert.c.rule,
    unique=True,
    sqlite_where=text("resolved_at IS NULL"),
    postgresql_where=text("resolved_at IS NULL"),
)

alert_event = _table(  # the timeline: transitions, answers, notes, corrections
    "alert_event",
    Column("id", Identity, primary_key=True),
    Column("alert_id", Identity, ForeignKey("alert.id"), nullable=False, index=True),
    Column("seq", Integer, nullable=False),
    Column("at", Millis, nullable=False, index=True),
    Column("kind", String(32), nullable=False),  # TransitionKind or acked | note | call | corrected
    Column("severity", Integer),
    Column("previous", Integer),
    Column("value", Float(53)),
    Column("value_time", Millis),
    Column("who", String(200)),
    Column("text", Text, nullable=False),
    Column("facts", Json, nullable=False),
    Column("rev", BigInteger, nullable=False, index=True),
    UniqueConstraint("alert_id", "seq"),
)

obligation = _table(
    "obligation",
    Column("id", Identity, primary_key=True),
    Column("alert_id", Identity, ForeignKey("alert.id"), nullable=False, index=True),
    Column("party", String(200), nullable=False),  # a person's name, or "room"
    Column("stands_for", String(200), nullable=False, default=""),  # who did not answer
    Column("way", String(8), nullable=False, server_default="call"),  # call | text | screen
    Column("severity", Integer, nullable=False),  # for which it was opened
    Column("state", String(16), nullable=False),
    Column("opened_at", Millis, nullable=False),
    Column("within", Millis, nullable=False),  # ms until an unanswered one is due again
    Column("due", Millis, index=True),  # service ms of the next step while open
    Column("step", Integer, nullable=False, default=0),  # -1: asked only if nobody answers
    Column("told_at", Millis),  # when last called, or for the room when its tone sounded
    Column("ended_at", Millis),
    Column("ended_by", String(200)),
    Column("via", String(32)),  # page | cli | link | sms | call | scripted
    Column("note", Text),
    Column("rev", BigInteger, nullable=False, index=True),
    Index("ix_obligation_party", "party", "state", "ended_at"),
    UniqueConstraint("alert_id", "party", "severity", "stands_for"),
)

call = _table(  # the ledger of calls made by hand: 叫应台账
    "call",
    Column("id", Identity, primary_key=True),
    Column("person", String(200), nullable=False, index=True),
    Column("at", Millis, nullable=False),
    Column("result", String(16), nullable=False),
    Column("officer", String(200), nullable=False),
    Column("note", Text),
    Column("alerts", Json, nullable=False),  # ids of the matters it covered
    Column("rev", BigInteger, nullable=False),
)

# -- delivery -----------------------------------------------------------------------------------
outbox = _table(
    "outbox",
    Column("id", Identity, primary_key=True),
    Column("key", String(200), nullable=False, unique=True),
    Column("alert_id", Identity, ForeignKey("alert.id"), index=True),
    Column("seq", Integer, nullable=False),  # of the transition it tells
    Column("kind", String(16), nullable=False),  # fired | worsened | eased | resolved | reminder …
    Column("person", String(200), nullable=False),
    Column("channel", String(32), nullable=False),
    Column("address", String(320), nullable=False),
    Column("severity", Integer, nullable=False),
    Column("subject", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("state", String(16), nullable=False),
    Column("next_at", Millis),  # service ms; NULL exactly when the state is final
    Column("epoch", BigInteger),  # the lease: the engine's epoch while LEASED
    Column("tries", Integer, nullable=False, default=0),
    Column("created_at", Millis, nullable=False),
    Column("accepted_at", Millis, index=True),
    Column("reason", Text),
    Column("way", String(8), nullable=False, server_default="text"),  # text | call
    Column("parts", Integer, nullable=False, server_default="0"),  # SMS parts; 0: no SMS
    Column("provider_id", String(200)),  # by which the provider knows it
    Column("delivered_at", Millis),  # the provider's receipt, service ms
    Column("digest_id", Identity, index=True),  # the row that was sent in its place, with others
    Column("instead_of", Identity, index=True),  # the row on another channel that it stands in for
    Column("slots", Text),  # JSON: the pieces for a provider's template
    Column("rev", BigInteger, nullable=False, index=True),
    Index("ix_outbox_due", "state", "next_at"),
    Index("ix_outbox_person", "person", "created_at"),
)

attempt = _table(
    "attempt",
    Column("id", Identity, primary_key=True),
    Column("outbox_id", Identity, ForeignKey("outbox.id"), nullable=False, index=True),
    Column("at", Millis, nullable=False),
    Column("epoch", BigInteger, nullable=False),
    Column("sent", String(16), nullable=False),
    Column("detail", Text, nullable=False),
)

inbox = _table(  # 示范手机: what the demonstration's only channel received
    "inbox",
    Column("id", Identity, primary_key=True),
    Column("key", String(200), nullable=False, unique=True),
    Column("person", String(200), nullable=False),
    Column("address", String(320), nullable=False),
    Column("at", Millis, nullable=False),
    Column("subject", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("severity", Integer, nullable=False),
    Column("rev", BigInteger, nullable=False, index=True),
)
