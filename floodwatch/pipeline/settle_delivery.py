"""Writes down what became of attempts to send: accepted, to be tried again, or another way."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import NamedTuple

from floodwatch.model.district import District
from floodwatch.model.notification import OutboxState, Result, Sent
from floodwatch.notify import quota, retry, routing, sms_text
from floodwatch.pipeline import another_way, faults
from floodwatch.pipeline.lines import Lines, storable
from floodwatch.store import dispatch, outbox, timeline
from floodwatch.store.database import Transaction
from floodwatch.store.outbox import Attempt, Claimed, InFlight, Verdict

MOST = 1_000  # characters kept of what a provider answers
SMS = "sms"  # channels whose name begins so count parts


class Outcome(NamedTuple):
    """What a channel said of one attempt, and when (service ms). `gone`: there is none any more."""

    row: Claimed
    at: int
    result: Result
    gone: bool = False


class _Settled(NamedTuple):
    outcome: Outcome
    verdict: Verdict
    refused_before: bool


def settle(
    tx: Transaction,
    outcomes: Sequence[Outcome],
    *,
    epoch: int,
    district: District,
    chance: Callable[[], float],
    lines: Lines | None = None,
) -> None:
    """Record outcomes; what is not taken goes on by the person's next way.

    An outcome that comes after its row went on without it is kept as an attempt only, unless it is
    good news.
    """
    if not outcomes:
        return
    outcomes = [_storable(outcome) for outcome in outcomes]

    def together() -> None:
        _settle(tx, outcomes, epoch=epoch, district=district, chance=chance, lines=lines)

    if faults.attempt(tx, f"settling {len(outcomes)} messages", together) is None:
        return
    if len(outcomes) > 1:  # one that cannot be written down must not keep back the others
        for outcome in outcomes:
            settle(tx, [outcome], epoch=epoch, district=district, chance=chance, lines=lines)
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
    result = outcome.result
    known = storable(result.provider_id)[:200]
    return outcome._replace(
        result=replace(result, detail=storable(result.detail)[:MOST], provider_id=known)
    )


def _settle(
    tx: Transaction,
    outcomes: Sequence[Outcome],
    *,
    epoch: int,
    district: District,
    chance: Callable[[], float],
    lines: Lines | None,
) -> None:
    flying = outbox.in_flight(tx, [outcome.row.id for outcome in outcomes])
    settled = []
    for outcome in outcomes:
        row = flying.get(outcome.row.id)
        if row is not None and _counts(row, outcome, epoch):
            verdict = _verdict(outcome, row, chance(), district)
            settled.append(_Settled(outcome, verdict, row.refused))
    attempts = [
        Attempt(o.row.id, o.at, epoch, o.result.sent.value, o.result.detail) for o in outcomes
    ]
    outbox.record(tx, attempts, [one.verdict for one in settled])
    _count(tx, outcomes, district)
    _stand_down(tx, settled)
    _go_on(tx, settled, district, shut=lines.down() if lines else ())


def _counts(row: InFlight, outcome: Outcome, epoch: int) -> bool:
    mine = row.leased and row.epoch == epoch and row.tries == outcome.row.tries
    return mine or outcome.result.sent is Sent.ACCEPTED


def _verdict(outcome: Outcome, row: InFlight, chance: float, district: District) -> Verdict:
    sent, detail, at = outcome.result.sent, outcome.result.detail, outcome.at
    number, message = outcome.row.id, outcome.row
    if sent is Sent.ACCEPTED:
        parts = _parts(message, district)
        known = outcome.result.provider_id or None
        said = detail or "accepted"
        return Verdict(number, OutboxState.ACCEPTED.value, None, at, said, known, parts)
    if outcome.gone:
        return Verdict(number, OutboxState.FAILED.value, None, None, detail)
    age = at - message.created_at
    if retry.given_up(message.severity, alert_stands=row.stands, age=age):
        reason = f"given up after {age // 3_600_000} h: {detail}"
        return Verdict(number, OutboxState.EXPIRED.value, None, None, reason)
    if sent is Sent.PERMANENT:
        due = at + retry.REFUSED
        return Verdict(number, OutboxState.RETRY.value, due, None, detail or "refused for good")
    due = at + retry.wait(message.tries, chance)
    return Verdict(number, OutboxState.RETRY.value, due, None, detail or sent.value)


def _parts(row: Claimed, district: District) -> int:
    """How many SMS it was; 0 when it was none."""
    if not row.channel.startswith(SMS) or row.way != "text":
        return 0
    return sms_text.parts(row.body, str(district.service.get("signature") or ""))


def _count(tx: Transaction, outcomes: Sequence[Outcome], district: District) -> None:
    """What the provider has, or may have, counts against the day."""
    sent: Counter[tuple[str, str]] = Counter()
    for outcome in outcomes:
        limits = quota.limits_of(district.channels.get(outcome.row.channel, {}))
        if limits != quota.Limits() and outcome.result.sent in (Sent.ACCEPTED, Sent.UNKNOWN):
            sent[outcome.row.channel, outcome.row.address] += 1
            sent[outcome.row.channel, dispatch.EVERY_ADDRESS] += 1
    if sent:
        dispatch.count(tx, sent, day=quota.day_of(outcomes[0].at, district.tz))


def _stand_down(tx: Transaction, settled: Sequence[_Settled]) -> None:
    """What has arrived in the place of another message ends that one; the log reaches nobody."""
    arrived = {
        one.outcome.row.instead_of: one.outcome.row.channel
        for one in settled
        if one.verdict.state == OutboxState.ACCEPTED.value and one.outcome.row.instead_of
        if one.outcome.row.channel != routing.LOG
    }
    dispatch.stand_down(tx, {number: by for number, by in arrived.items() if number})


def _go_on(
    tx: Transaction, settled: Sequence[_Settled], district: District, *, shut: Sequence[str]
) -> None:
    """Another way for what does not get out, and a word to the room about it."""
    entries: dict[int, outbox.Entry] = {}
    for log, chosen in (
        (True, [one for one in settled if _refused(one)]),
        (False, [one for one in settled if _slow(one)]),
    ):
        if chosen:
            rows = sorted((one.outcome.row for one in chosen), key=lambda row: row.id)
            at = max(one.outcome.at for one in chosen)
            entries |= another_way.take(tx, rows, district=district, now=at, shut=shut, log=log)
    notes = [
        _note(one, f"{one.outcome.row.channel}: {one.verdict.reason}", entries)
        for one in settled
        if one.outcome.row.alert_id is not None and _worth_a_note(one)
    ]
    timeline.append(tx, notes)


def _refused(one: _Settled) -> bool:
    """Whether it was refused for good just now, for the first time."""
    refused = one.outcome.result.sent is Sent.PERMANENT and not one.refused_before
    return refused and one.verdict.state != OutboxState.EXPIRED.value


def _slow(one: _Settled) -> bool:
    """Whether it is time to try another channel beside this one."""
    waits = one.verdict.state == OutboxState.RETRY.value and not one.refused_before
    row = one.outcome.row
    late = row.tries >= retry.ANOTHER_AFTER or one.outcome.at - row.created_at >= retry.PATIENCE
    return waits and late and one.outcome.result.sent is not Sent.PERMANENT


def _worth_a_note(one: _Settled) -> bool:
    state, tries = one.verdict.state, one.outcome.row.tries
    stuck = state == OutboxState.RETRY.value and tries == retry.TOLD_AFTER
    return (
        _refused(one)
        or (stuck and not one.refused_before)
        or (state in (OutboxState.FAILED.value, OutboxState.EXPIRED.value))
    )


def _note(one: _Settled, reason: str, ways: dict[int, outbox.Entry]) -> timeline.Entry:
    row = one.outcome.row
    entry = ways.get(row.id)
    said = {
        OutboxState.FAILED.value: "送不到",
        OutboxState.EXPIRED.value: "已放弃",
        OutboxState.RETRY.value: "送不到" if _refused(one) else "仍未送出",
    }[one.verdict.state]
    after = f"，改用 {entry.channel}" if entry else ""
    facts = {
        "delivery": OutboxState.FAILED.value if _refused(one) else one.verdict.state,
        "person": row.person,
        "channel": row.channel,
        "next": entry.channel if entry else None,
    }
    text = f"{row.person} {said}（{reason}）{after}"
    return timeline.Entry(
        row.alert_id or 0, one.outcome.at, "note", text, None, row.severity, facts
    )
