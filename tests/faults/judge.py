"""The judge: knows what devices have receipts for and what providers took; reads the tables with
statements of its own. Nothing of the engine is used but the audit, which shares nothing with it."""

import json
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, NamedTuple

from floodwatch.audit import violations
from floodwatch.model.clock import DAY, HOUR, MINUTE
from floodwatch.model.reading import Outcome
from tests.faults import district
from tests.faults.devices import Accepted
from tests.faults.storms import Gauge

if TYPE_CHECKING:
    from tests.faults.world import World

PERIOD = 5 * MINUTE
PATIENCE = 4 * MINUTE  # beyond the time to answer in, before the next step must have come
SWITCHED = ("season changed", "dated order")
UNFINISHED = ("pending", "leased", "retry")
SUSPECT = 3


class Violated(AssertionError):
    """What must hold does not."""


class _Owed(NamedTuple):
    """An open obligation, and since when (true ms) its time runs."""

    since: int
    party: str


class Judge:
    """Looks at every step, and once more at the end."""

    def __init__(self, world: "World") -> None:
        self.world = world
        self.limits: dict[tuple[str, str], float] = {}
        self.answers: set[tuple[int, str]] = set()
        self._newest: dict[Gauge, int] = {}
        self._connection: sqlite3.Connection | None = None
        self._event = 0
        self._looked_closely = world.now
        self._owed: dict[int, _Owed] = {}

    # -- its own way to the tables -----------------------------------------------------------

    def query(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """Rows, by a connection that only reads."""
        if self._connection is None:
            path = self.world.machine.path
            self._connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
        return self._connection.execute(statement, values).fetchall()

    def close(self) -> None:
        """Before the file goes."""
        if self._connection is not None:
            self._connection.close()
        self._connection = None

    # -- what it is told -----------------------------------------------------------------------

    def answered(self, alert_id: int, party: str) -> None:
        """Somebody answers, whatever becomes of it."""
        self.answers.add((alert_id, party))

    def died(self, in_hand: set[str]) -> None:
        """What was being sent when the process ended may be sent once more."""
        leased = {key for (key,) in self.query("SELECT key FROM outbox WHERE state = 'leased'")}
        self.world.post.excused.update(leased | in_hand)

    def received(self, accepted: Iterable[Accepted]) -> None:
        """Each crossing among the newest readings has its alert at once: it was one transaction."""
        newest: dict[Gauge, Accepted] = {}
        for one in accepted:
            if one.outcome is not Outcome.QUARANTINED:
                if one.time <= self._newest.get(one.gauge, 0):
                    continue
                self._newest[one.gauge] = one.time
            if self.world.now - one.time > DAY:
                continue
            known = newest.get(one.gauge)
            if known is None or one.time > known.time:
                newest[one.gauge] = one
        crossing = {g: one for g, one in newest.items() if self._demanded(g, one.value)}
        if not crossing:
            return
        stand = {
            Gauge(station, variable, gauge): severity
            for station, variable, gauge, severity in self.query(
                "SELECT station, variable, gauge, severity FROM alert WHERE resolved_at IS NULL"
                " AND type = 'level' AND direction = 'up'"
            )
        }
        for gauge, one in crossing.items():
            demanded = self._demanded(gauge, one.value)
            if stand.get(gauge, 0) < demanded:
                raise Violated(
                    f"{gauge} was accepted at {one.value} ({one.outcome}), which is severity "
                    f"{demanded}, and an alert of severity {stand.get(gauge, 0)} stood"
                )

    def _demanded(self, gauge: Gauge, value: float) -> int:
        return max((limit.severity for limit in self._over(gauge, value)), default=0)

    def _over(self, gauge: Gauge, value: float) -> list[district.Limit]:
        found = []
        for limit in district.limits_of(gauge.station, gauge.variable, gauge.gauge):
            if not limit.always:
                continue
            edited = self.world.limits.get((gauge.station, limit.name))
            if edited is not None:
                limit = limit._replace(value=edited)
            if limit.met(value):
                found.append(limit)
        return found

    # -- at every step ---------------------------------------------------------------------------

    def look(self) -> None:
        """What must hold at any time."""
        self._gap()
        self._all_clears()
        self._asked_again()
        if self.world.now - self._looked_closely > HOUR / 2:
            self._looked_closely = self.world.now
            self._rows_told_the_truth()
            self._answers_were_given()

    def _gap(self) -> None:
        """The engine has been round within two periods, whatever the clock on the wall says."""
        [(monotonic,)] = self.query("SELECT monotonic FROM service_time")
        stood = self.world.now - max(round(monotonic * 1000), self.world.troubled)
        if stood > 2 * PERIOD:
            raise Violated(f"time has not been judged for {stood / MINUTE:.1f} minutes")

    def _all_clears(self) -> None:
        """Nothing is over while the newest stored reading is over the limit."""
        rows = self.query(
            "SELECT e.id, e.kind, e.text, a.station, a.variable, a.gauge, a.type, a.direction"
            " FROM alert_event AS e JOIN alert AS a ON a.id = e.alert_id WHERE e.id > ?",
            self._event,
        )
        for number, kind, text, station, variable, name, type_, direction in rows:
            self._event = max(self._event, number)
            if (kind, type_, direction) != ("resolved", "level", "up"):
                continue
            gauge = Gauge(station, variable, name)
            value = self._value(gauge)
            if value is not None and self._over(gauge, value):
                raise Violated(f"all-clear for {gauge} ({text}) while {value} is over its limit")

    def _value(self, gauge: Gauge) -> float | None:
        rows = self.query(
            "SELECT reading.value FROM reading JOIN series ON series.id = series_id"
            " WHERE station = ? AND variable = ? AND gauge = ? AND quality % 10 < 4"
            " ORDER BY time DESC LIMIT 1",
            gauge.station,
            gauge.variable,
            gauge.gauge,
        )
        return rows[0][0] if rows else None

    def _asked_again(self) -> None:
        """Whoever has not answered in time is asked again, and somebody beside him."""
        rows = self.query(
            "SELECT id, alert_id, party, severity, within, due, step FROM obligation"
            " WHERE state = 'open'"
        )
        still = {}
        now, troubled = self.world.now, self.world.troubled
        for number, alert_id, party, severity, within, due, step in rows:
            known = self._owed.get(number)
            if known is None or known.party != party or due is None or step != 0:
                known = _Owed(now, party)
            still[number] = known
            if party == "room" or severity == 1 or due is None or step != 0:
                continue
            if now - max(known.since, troubled) > within + PATIENCE:
                raise Violated(
                    f"{party} has not answered alert {alert_id} for "
                    f"{(now - known.since) / MINUTE:.1f} minutes and nobody was asked again"
                )
        self._owed = still

    # -- at the end ------------------------------------------------------------------------------

    def conclude(self, *, quiet: int) -> None:
        """Everything, after ten minutes without a fault that began at `quiet` (true ms)."""
        self._readings_kept()
        self._rows_told_the_truth()
        self._repeats_had_a_reason()
        self._everybody_was_told()
        self._nothing_left(quiet)
        self._all_clears_to_those_who_were_told()
        self._answers_were_given()
        self._audited()

    def _readings_kept(self) -> None:
        stored: dict[Gauge, dict[int, float]] = defaultdict(dict)
        for station, variable, gauge, time, value in self.query(
            "SELECT station, variable, gauge, time, value FROM reading"
            " JOIN series ON series.id = series_id"
        ):
            stored[Gauge(station, variable, gauge)][time] = value
        for gauge, readings in self.world.devices.stored.items():
            for time, value in readings.items():
                if stored[gauge].get(time) != value:
                    raise Violated(
                        f"{gauge} has a receipt for {value} at {time}; stored is "
                        f"{stored[gauge].get(time)}"
                    )

    def _rows_told_the_truth(self) -> None:
        taken = self.world.post.times
        for key, channel in self.query(
            "SELECT key, channel FROM outbox WHERE state = 'accepted' AND channel <> 'log'"
        ):
            if not taken[key]:
                raise Violated(f"{key} counts as accepted; {channel} never had it")

    def _repeats_had_a_reason(self) -> None:
        post = self.world.post
        for key, times in post.times.items():
            if times > 1 + post.excused[key]:
                raise Violated(
                    f"{key} was sent {times} times; {post.excused[key]} of them had a reason"
                )

    def _everybody_was_told(self) -> None:
        rows = defaultdict(list)
        for row in self.query(
            "SELECT r.alert_id, r.person, r.created_at, r.kind, r.state, r.reason, r.key, d.key,"
            " d.state"
            " FROM outbox AS r LEFT JOIN outbox AS d ON d.id = r.digest_id"
            " WHERE r.alert_id IS NOT NULL ORDER BY r.id"
        ):
            rows[row[0], row[1]].append(row[2:])
        muted = dict(
            self.query(
                "SELECT alert_id, min(at) FROM alert_event WHERE kind = 'muted' GROUP BY alert_id"
            )
        )
        for event in self.query(
            "SELECT e.alert_id, e.seq, e.at, e.severity, e.text, e.value_time, a.station,"
            " a.variable, a.gauge, a.type, a.resolved_at, a.muted_by, e.facts"
            " FROM alert_event AS e JOIN alert AS a ON a.id = e.alert_id"
            " WHERE e.kind IN ('fired', 'worsened') AND a.origin <> 'import' ORDER BY e.id"
        ):
            alert_id, seq, at, severity, text, value_time, station, variable, gauge, type_ = event[
                :10
            ]
            if text in SWITCHED or json.loads(event[12]).get("asked"):
                continue  # for the screen; and the patrol alone, who is asked to look
            people = district.people_of(station, severity, system=type_ == "system")
            if self._doubtful(Gauge(station, variable, gauge), value_time, at):
                people = {district.OFFICER}
            for person in people:
                said = [row for row in rows[alert_id, person] if row[0] >= at]
                if any(self._reached(row) for row in said):
                    continue
                if alert_id in muted or event[11] or self._gave(alert_id, person):
                    continue  # hidden on purpose; or known: the person has answered
                if said and event[10] is not None and all(r[2] == "superseded" for r in said):
                    continue  # over before anything could leave: there is nothing to tell
                raise Violated(
                    f"{person} had to hear of alert {alert_id} ({station} {type_}, severity "
                    f"{severity}, event {seq}) and did not: {[r[1:5] for r in said]}"
                )

    def _reached(self, row: tuple[Any, ...]) -> bool:
        """Whether a provider has it, or it is still being tried."""
        _, _, state, _, key, digest, digest_state = row
        times = self.world.post.times
        if times[key]:
            return True
        if digest is not None and any(_digest(taken) == _digest(digest) for taken in times):
            return True  # by this channel or by another
        return state in UNFINISHED or digest_state in UNFINISHED

    def _doubtful(self, gauge: Gauge, value_time: int | None, at: int) -> bool:
        """Whether the reading it was told for is one that only the officer hears of."""
        if value_time is None:
            return False
        rows = self.query(
            "SELECT quality % 10 FROM reading JOIN series ON series.id = series_id"
            " WHERE station = ? AND variable = ? AND gauge = ? AND time = ?",
            gauge.station,
            gauge.variable,
            gauge.gauge,
            value_time,
        )
        if not rows:
            return value_time == at or abs(value_time - at) < HOUR
        return bool(rows[0][0] >= SUSPECT)

    def _nothing_left(self, quiet: int) -> None:
        """What was written before the last ten minutes has left; lists wait for the morning."""
        offset = self._offset()
        for key, state, reason, person in self.query(
            "SELECT key, state, reason, person FROM outbox WHERE next_at IS NOT NULL"
            " AND created_at < ? AND kind <> 'list' AND channel <> 'log'",
            quiet + offset,
        ):
            raise Violated(
                f"{key} to {person} is still {state} ({reason}) after ten minutes without a fault"
            )

    def _offset(self) -> int:
        [(now, monotonic)] = self.query("SELECT now, monotonic FROM service_time")
        return int(now - round(monotonic * 1000))

    def _all_clears_to_those_who_were_told(self) -> None:
        post = self.world.post
        handed = {_digest(key) for key in post.keys}
        digests = defaultdict(set)
        for alert_id, person, digest in self.query(
            "SELECT r.alert_id, r.person, d.key FROM outbox AS r JOIN outbox AS d"
            " ON d.id = r.digest_id WHERE r.kind NOT IN ('resolved', 'missed')"
        ):
            digests[alert_id, person].add(digest)
        for taken in post.taken:
            message = taken.message
            if message.kind != "resolved" or message.alert_id is None:
                continue
            place = message.alert_id, message.person
            if post.tried[place] - {"resolved", "missed"}:
                continue
            if any(_digest(key) in handed for key in digests[place]):
                continue
            raise Violated(f"{message.person} heard that alert {place[0]} is over, and never of it")

    def _answers_were_given(self) -> None:
        for alert_id, party, state, note, resolved, ended_by, stands_for, denied in self.query(
            "SELECT o.alert_id, o.party, o.state, o.note, a.resolved_at, o.ended_by, o.stands_for,"
            " EXISTS (SELECT 1 FROM alert_event AS e WHERE e.alert_id = o.alert_id"
            "  AND e.at = o.ended_at AND e.severity < o.severity AND e.text LIKE '%was denied%')"
            " FROM obligation AS o JOIN alert AS a ON a.id = o.alert_id WHERE o.state <> 'open'"
        ):
            by_another = (alert_id, str(ended_by)) in self.answers
            if state == "answered" and not self._gave(alert_id, party):
                raise Violated(f"{party} counts as having answered alert {alert_id}, and has not")
            if state == "deputy" and not by_another:
                raise Violated(f"nobody answered alert {alert_id} in the place of {party}")
            over = resolved is not None or "superseded" in str(note) or denied
            if state == "ended" and not over and not self._gave(alert_id, stands_for):
                raise Violated(f"{party} owes no answer to alert {alert_id} any more: {note}")

    def _gave(self, alert_id: int, party: str) -> bool:
        """Whether the party itself answered; who acknowledges for the room answers for himself."""
        if (alert_id, party) in self.answers:
            return True
        return party == district.OFFICER and (alert_id, "room") in self.answers

    def _audited(self) -> None:
        with self.world.machine.database.read() as connection:
            now = self.world.machine.now()
            found = violations(connection, start=0, end=now + 1, now=now)
        if found:
            first = found[0]
            raise Violated(
                f"the audit: {first.kind}: {first.where} at {first.at}: {first.what}"
                f" ({len(found)} in all: {dict(Counter(one.kind for one in found))})"
            )


def _digest(key: str) -> tuple[str, str]:
    """(person, step) of a message about no alert: the same by whatever channel it goes."""
    parts = key.split("-")
    return parts[-3], parts[-1]
