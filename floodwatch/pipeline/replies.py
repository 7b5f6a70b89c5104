"""Answers and receipts that come in by the channels; in the engine, so that it needs no page."""

import json
import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from hashlib import sha256
from typing import Any, NamedTuple

from floodwatch.model.clock import HOUR, MINUTE
from floodwatch.model.district import District
from floodwatch.model.errors import Fenced
from floodwatch.model.notification import Call, Channel, DeliveryReport, Incoming
from floodwatch.model.severity import Severity
from floodwatch.notify.figures import clean
from floodwatch.notify.reply_words import meaning, same_number
from floodwatch.notify.text_fields import plain_slots
from floodwatch.pipeline import another_way, faults, lines, renamed, room
from floodwatch.pipeline.answering import answered, open_alerts
from floodwatch.store import dispatch, outbox, timeline
from floodwatch.store import incoming as kept
from floodwatch.store.database import Database, Transaction
from floodwatch.store.incoming import Taken

_log = logging.getLogger(__name__)

POLL_S = 2.0
RECEIPT = 3 * MINUTE  # a channel that promises receipts owes one within
LOOK_BACK = HOUR
EARLY = 300  # receipts kept that came before their message was written down, and how long
EARLY_FOR = 10 * MINUTE


def take(
    tx: Transaction, channel: str, messages: Sequence[Incoming], *, district: District, now: int
) -> list[Taken]:
    """Understand messages and write them down, each once; what became of each.

    One that cannot be taken keeps back no other; it is asked for again.
    """
    before = kept.known(tx.connection, channel, [m.provider_id for m in messages])
    found: list[Taken] = []
    for message in messages:
        if message.provider_id not in before:
            before.add(message.provider_id)
            faults.attempt(
                tx,
                f"an answer by {channel}",
                partial(_take_one, tx, channel, message, district, now, found),
            )
    return found


def _take_one(
    tx: Transaction,
    channel: str,
    message: Incoming,
    district: District,
    now: int,
    found: list[Taken],
) -> None:
    one = _understood(tx, channel, message, district, now)
    kept.keep(tx, one)
    found.append(one)


def _understood(
    tx: Transaction, channel: str, message: Incoming, district: District, now: int
) -> Taken:
    known = [p.name for p in district.people.values() if same_number(p.phone, message.address)]
    known += renamed.by_number(tx.connection, message.address, district.people)
    said = meaning(message.text)
    outcome, alerts = kept.UNKNOWN_NUMBER, list[int]()
    if known:
        outcome = kept.NOT_UNDERSTOOD
        owed = {number for name in known for number in open_alerts(tx, name)}
        if said.yes and (not said.bare or said.code in owed or not owed):
            note = clean(message.text)[:200]
            ended = [answered(tx, name, via="sms", now=now, note=note) for name in known]
            alerts = [number for one in ended for number in one.alerts]
            some = alerts or any(one.exercises for one in ended)
            outcome = kept.ANSWERED if some else kept.NOTHING_OPEN
    person = "、".join(known) or None
    one = Taken(
        channel, message.provider_id, message.address, now, message.text, person, outcome, alerts
    )
    if outcome in (kept.UNKNOWN_NUMBER, kept.NOT_UNDERSTOOD):
        _tell_the_room(tx, one, known, district=district, now=now)
    return one


def _tell_the_room(
    tx: Transaction, one: Taken, known: Sequence[str], *, district: District, now: int
) -> None:
    """The officer decides what it means; one word an hour about each number."""
    who = one.person or f"未登记号码{clean(one.address)}"
    said = f"{who}短信：“{clean(one.text)[:100]}”，未计为应答，请核实"
    owed = dict.fromkeys(number for name in known for number in open_alerts(tx, name))
    timeline.append(tx, [timeline.Entry(number, now, "note", said, one.person) for number in owed])
    mark = "【示范】" if district.demonstration else ""
    text = f"{mark}【内部通知】{said}"
    number = sha256(one.address.encode()).hexdigest()[:8]
    pieces = plain_slots(
        district.name, f"{who}来信未计为应答", action="核实来信", alert_id=next(iter(owed), None)
    )
    entries = [
        outbox.Entry(
            alert_id=next(iter(owed), None),
            seq=0,
            step=f"i{number}.{now // HOUR}",
            kind="incoming",
            person=person.name,
            channel=channel,
            address=address,
            severity=int(Severity.III),
            subject=text,
            body=text,
            slots=json.dumps(pieces, ensure_ascii=False),
        )
        for person, channel, address in room.ways(district, now=now)
        if person.name not in known
    ]
    outbox.insert(tx, entries, now=now)


def report(
    tx: Transaction,
    channel: str,
    reports: Sequence[DeliveryReport],
    *,
    district: District,
    now: int,
) -> list[DeliveryReport]:
    """Write receipts down; those whose message is not known yet are returned."""
    rows = dispatch.by_provider_id(tx.connection, channel, [r.provider_id for r in reports])
    good = [rows[r.provider_id] for r in reports if r.delivered and r.provider_id in rows]
    bad = [(rows[r.provider_id], r) for r in reports if not r.delivered and r.provider_id in rows]
    dispatch.delivered(tx, [row.id for row in good], at=now)
    for one in reports:
        if one.call is Call.CONFIRMED and one.provider_id in rows:
            answered(tx, rows[one.provider_id].person, via="voice", now=now)
    for row, one in bad:
        dispatch.undelivered(tx, [row.id], reason=f"undelivered: {one.detail}"[:500])
    lost = [row for row, _ in bad]
    if lost:
        shut = [name for name, line in lines.known(tx.connection).items() if line.down]
        another_way.take(tx, lost, district=district, now=now, shut=shut, log=True)
    return [one for one in reports if one.provider_id not in rows]


def chase(tx: Transaction, rows: Sequence[outbox.Row], *, district: District, now: int) -> None:
    """What was accepted and never delivered goes by the person's next channel as well."""
    shut = [name for name, line in lines.known(tx.connection).items() if line.down]
    entries = another_way.take(tx, rows, district=district, now=now, shut=shut)
    notes = [
        timeline.Entry(
            row.alert_id,
            now,
            "note",
            f"{row.person} 3分钟无送达回执（{row.channel}），改用 {entries[row.id].channel}",
            None,
            row.severity,
            {"delivery": "no receipt", "person": row.person, "channel": row.channel},
        )
        for row in rows
        if row.id in entries and row.alert_id is not None
    ]
    timeline.append(tx, notes)


class _Heard(NamedTuple):
    """What one look at a channel has brought."""

    messages: Sequence[Incoming]
    reports: Sequence[DeliveryReport]


class Replies:
    """Looks for answers and receipts, each channel in a thread of its own."""

    def __init__(
        self,
        database: Database,
        channels: Callable[[], Mapping[str, Channel]],
        *,
        epoch: int,
        now: Callable[[], int],
        district: Callable[[], District],
        wake: Callable[[], object] = lambda: None,
        turn: Callable[[bool], object] = lambda worked: None,
    ) -> None:
        self._database = database
        self._channels = channels
        self._epoch = epoch
        self._now = now
        self._district = district
        self._wake = wake
        self._turn = turn
        self._busy: dict[str, threading.Thread] = {}
        self._early: dict[str, list[tuple[int, DeliveryReport]]] = {}  # with when they came
        self._chased: set[int] = set()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="replies", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def stop(self) -> None:
        """End; what is being read is written down."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(5)

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self.look()
                self._turn(True)
            except Fenced:
                return
            except Exception:  # noqa: BLE001 - the loop's boundary
                _log.exception("a look for answers failed; the next one follows")
                self._turn(False)
            self._stopping.wait(POLL_S)

    def look(self) -> None:
        """Ask every channel once, none waiting for another; chase receipts that did not come."""
        channels = self._channels()
        for name, channel in channels.items():
            thread = self._busy.get(name)
            asks = hasattr(channel, "receive") or hasattr(channel, "reports")
            if asks and not (thread and thread.is_alive()):
                work = threading.Thread(
                    target=self._guarded, args=(name, channel), name=f"hear-{name}", daemon=True
                )
                self._busy[name] = work
                work.start()
        promising = [name for name, channel in channels.items() if hasattr(channel, "reports")]
        if promising:
            self._chase(promising)

    def _guarded(self, name: str, channel: Any) -> None:
        """One channel, in its thread; a fault there stops no other."""
        try:
            self.hear(name, channel)
        except Fenced:
            self._stopping.set()
        except Exception:  # noqa: BLE001 - the boundary of a channel
            _log.exception("channel %s cannot be asked for answers", name)

    def hear(self, name: str, channel: Any) -> None:
        """Take what a channel has; it may forget it only after the commit."""
        heard = _Heard(
            list(channel.receive()) if hasattr(channel, "receive") else [],
            list(channel.reports()) if hasattr(channel, "reports") else [],
        )
        now = self._now()
        waiting = [*self._early.get(name, []), *((now, one) for one in heard.reports)]
        waiting = [one for one in waiting[-EARLY:] if now - one[0] < EARLY_FOR]
        self._early[name] = waiting
        if not (heard.messages or self._known(name, waiting)):
            return
        with self._database.write(epoch=self._epoch) as tx:
            district = self._district()
            take(tx, name, heard.messages, district=district, now=now)
            taken = kept.known(tx.connection, name, [m.provider_id for m in heard.messages])
            left = report(tx, name, [one for _, one in waiting], district=district, now=now)
        self._early[name] = [one for one in waiting if one[1] in left]
        if heard.messages and hasattr(channel, "confirm"):
            ids = [message.provider_id for message in heard.messages]
            channel.confirm([number for number in ids if number in taken])
        self._wake()

    def _known(self, name: str, waiting: Sequence[tuple[int, DeliveryReport]]) -> bool:
        """Whether the message of any of these receipts is written down by now."""
        if not waiting:
            return False
        with self._database.read() as connection:
            ids = [one.provider_id for _, one in waiting]
            return bool(dispatch.by_provider_id(connection, name, ids))

    def _chase(self, promising: Sequence[str]) -> None:
        now = self._now()
        with self._database.read() as connection:
            rows = dispatch.without_receipt(
                connection, channels=promising, since=now - LOOK_BACK, before=now - RECEIPT
            )
        fresh = [row for row in rows if row.id not in self._chased]
        if not fresh:
            return
        with self._database.write(epoch=self._epoch) as tx:
            chase(tx, fresh, district=self._district(), now=now)
        self._chased = {row.id for row in rows}
        self._wake()
