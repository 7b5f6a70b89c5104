"""Writes down what became of attempts to send: accepted, to be tried again, or another way."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from floodwatch.model.district import District
from floodwatch.model.notification import OutboxState, Result, Sent
from floodwatch.notify import retry, routing
from floodwatch.pipeline import faults
from floodwatch.store import outbox, timeline
from floodwatch.store.database import Transaction
from floodwatch.store.outbox import Attempt, Claimed, InFlight, Verdict

MOST = 1_000  # characters kept of what a provider answers


class Outcome(NamedTuple):
    """What a channel said of one attempt, and when (service ms)."""

    row: Claimed
    at: int
    result: Result


class _Settled(NamedTuple):
    outcome: Outcome
    verdict: Verdict


def settle(
    tx: Transaction,
    outcomes: Sequence[Outcome],
    *,
    epoch: int,
    district: District,
    chance: Callable[[], float],
) -> None:
    """Record outcomes; what will never be taken goes on by the person's next way.

    An outcome that comes after its row went on without it is kept as an attempt only, unless it is
    good news.
    """
    if not outcomes:
        return
    outcomes = [_storable(outcome) for outcome in outcomes]

    def together() -> None:
        _settle(tx, outcomes, epoch=epoch, district=district, chance=chance)

    if faults.attempt(tx, f"settling {len(outcomes)} messages", together) is None:
        return
    if len(outcomes) > 1:  # one that cannot be written down must not keep back the others
        for outcome in outcomes:
            settle(tx, [outcome], epoch=epoch, district=district, chance=chance)
        return
    number, at = outcomes[0].row.id, outcomes[0].at
    said = "what became of it could not be written down"
    outbox.record(
        tx,
        [Attempt(number, at, epoch, Sent.UNKNOWN.value, said)],
        [Verdict(number, OutboxState.RETRY.value, at + retry.STEADY, None, said)],
    )


def _storable(outcome: Outcome) -> Outcome:
    """With a detail that every database takes: a provider may answer anything."""
    detail = outcome.result.detail.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")
    return outcome._replace(result=replace(outcome.result, detail=detail[:MOST]))


def _settle(
    tx: Transaction,
    outcomes: Sequence[Outcome],
    *,
    epoch: int,
    district: District,
    chance: Callable[[], float],
) -> None:
    flying = outbox.in_flight(tx, [outcome.row.id for outcome in outcomes])
    settled = []
    for outcome in outcomes:
        row = flying.get(outcome.row.id)
        if row is not None and _counts(row, outcome, epoch):
            settled.append(_Settled(outcome, _verdict(outcome, row, chance())))
    attempts = [
        Attempt(o.row.id, o.at, epoch, o.result.sent.value, o.result.detail) for o in outcomes
    ]
    outbox.record(tx, attempts, [one.verdict for one in settled])
    _go_on(tx, settled, district)


def _counts(row: InFlight, outcome: Outcome, epoch: int) -> bool:
    mine = row.leased and row.epoch == epoch and row.tries == outcome.row.tries
    return mine or outcome.result.sent is Sent.ACCEPTED


def _verdict(outcome: Outcome, row: InFlight, chance: float) -> Verdict:
    sent, detail, at = outcome.result.sent, outcome.result.detail, outcome.at
    number = outcome.row.id
    if sent is Sent.ACCEPTED:
        return Verdict(number, OutboxState.ACCEPTED.value, None, at, detail or "accepted")
    if sent is Sent.PERMANENT:
        return Verdict(number, OutboxState.FAILED.value, None, None, detail or "refused for good")
    age = at - outcome.row.created_at
    if retry.given_up(outcome.row.severity, alert_stands=row.stands, age=age):
        reason = f"given up after {age // 3_600_000} h: {detail}"
        return Verdict(number, OutboxState.EXPIRED.value, None, None, reason)
    due = at + retry.wait(outcome.row.tries, chance)
    return Verdict(number, OutboxState.RETRY.value, due, None, detail or sent.value)


def _go_on(tx: Transaction, settled: Sequence[_Settled], district: District) -> None:
    """Another way for what was refused for good, and a word to the room about what is not out."""
    refused = [one for one in settled if one.verdict.state == OutboxState.FAILED.value]
    ways = dict(_other_ways(tx, refused, district)) if refused else {}
    for one in refused:
        if (entry := ways.get(one.outcome.row.id)) is not None:
            outbox.insert(tx, [entry], now=one.outcome.at)
    notes = [
        _note(one, f"{one.outcome.row.channel}: {one.verdict.reason}", ways)
        for one in settled
        if one.outcome.row.alert_id is not None and _worth_a_note(one)
    ]
    timeline.append(tx, notes)


def _worth_a_note(one: _Settled) -> bool:
    state, tries = one.verdict.state, one.outcome.row.tries
    stuck = state == OutboxState.RETRY.value and tries == retry.TOLD_AFTER
    return stuck or state in (OutboxState.FAILED.value, OutboxState.EXPIRED.value)


def _note(one: _Settled, reason: str, ways: dict[int, outbox.Entry]) -> timeline.Entry:
    row = one.outcome.row
    entry = ways.get(row.id)
    said = {
        OutboxState.FAILED.value: "送不到",
        OutboxState.EXPIRED.value: "已放弃",
        OutboxState.RETRY.value: "仍未送出",
    }[one.verdict.state]
    after = f"，改用 {entry.channel}" if entry else ""
    facts = {
        "delivery": one.verdict.state,
        "person": row.person,
        "channel": row.channel,
        "next": entry.channel if entry else None,
    }
    text = f"{row.person} {said}（{reason}）{after}"
    return timeline.Entry(
        row.alert_id or 0, one.outcome.at, "note", text, None, row.severity, facts
    )


def _other_ways(
    tx: Transaction, refused: Sequence[_Settled], district: District
) -> Iterator[tuple[int, outbox.Entry]]:
    rows = [one.outcome.row for one in refused]
    ids = sorted({row.alert_id for row in rows if row.alert_id is not None})
    used = outbox.channels_used(tx, ids)
    for row in rows:
        person = district.people.get(row.person) or routing.stranger(row.person)
        tried = {
            channel
            for alert_id, seq, name, channel in used
            if (alert_id, seq, name) == (row.alert_id, row.seq, row.person)
        }
        way = routing.next_way(district, person, row.channel, tried)
        if way is not None:
            yield (
                row.id,
                outbox.Entry(
                    alert_id=row.alert_id,
                    seq=row.seq,
                    step=row.key.rpartition("-")[2],
                    kind=row.kind,
                    person=row.person,
                    channel=way[0],
                    address=way[1],
                    severity=row.severity,
                    subject=row.subject,
                    body=row.body,
                ),
            )
