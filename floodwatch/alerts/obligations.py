"""Who owes an answer: the room and each person who must; one's answer never ends another's."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from floodwatch.model.clock import MINUTE
from floodwatch.model.people import Route
from floodwatch.model.severity import Severity

ROOM = "room"
NIGHT_BEGINS, NIGHT_ENDS = 22, 7  # local hours between which nobody is reminded of a grade IV
ESCALATED_AT = 2  # the unanswered step at which deputy and leader are told
OFTEN = 3  # so many reminders at the route's own pace, then more rarely
RARELY = {Severity.I: 10 * MINUTE}
USUALLY_RARELY = 30 * MINUTE


class Standing(NamedTuple):
    """An obligation of one alert that was opened before."""

    id: int
    party: str
    severity: int
    open: bool


class Opening(NamedTuple):
    """What a transition changes: for whom an obligation is opened, and which ones that ends."""

    parties: tuple[str, ...]
    superseded: tuple[int, ...]  # ids


class NextStep(NamedTuple):
    """What becomes of an obligation whose time is up without an answer."""

    step: int
    due: int  # service ms
    remind: bool
    escalate: bool


def parties(route: Route, answerers: Iterable[str]) -> tuple[str, ...]:
    """Who owes an answer: the room unless the route is screen only, and those who must answer.

    `answerers` are the people the route calls at the alert's station.
    """
    if route.screen_only:
        return ()
    return (ROOM, *(dict.fromkeys(answerers) if route.must_answer else ()))


def opening(
    wanted: Iterable[str], severity: Severity, standing: Iterable[Standing] = ()
) -> Opening:
    """What opens for these parties at this severity, beside what stands already.

    Nothing opens for a party that owes, or has given, an answer for this severity or a worse one.
    A milder one that is still open ends: the worse one takes its place.
    """
    known = list(standing)
    reached = {s.party for s in known if s.severity >= severity}
    opened = tuple(p for p in dict.fromkeys(wanted) if p not in reached)
    ended = tuple(s.id for s in known if s.open and s.severity < severity and s.party in opened)
    return Opening(opened, ended)


def unanswered(
    party: str, severity: Severity, *, step: int, within: int, now: int, tz: ZoneInfo
) -> NextStep:
    """What follows when `step` reminders have brought no answer and the next one is due.

    The room has its sound, which the pages repeat: it is sent nothing. Nobody is reminded of a
    grade IV at night; it waits for the morning. `within` and the result are ms.
    """
    if severity is Severity.IV and (morning := _morning(now, tz)) is not None:
        return NextStep(step, morning, remind=False, escalate=False)
    step += 1
    wait = within
    if step > OFTEN:
        wait = max(within, RARELY.get(severity, USUALLY_RARELY))
    person = party != ROOM
    # The gravest is brought to the leader again and again.
    again = severity is Severity.I and step > ESCALATED_AT and step % 4 == ESCALATED_AT
    escalate = person and (step == ESCALATED_AT or again)
    return NextStep(step, now + max(wait, MINUTE), remind=person, escalate=escalate)


def _morning(now: int, tz: ZoneInfo) -> int | None:
    """When the night ends in which `now` lies, ms; None by day."""
    local = datetime.fromtimestamp(now / 1_000, tz)
    if NIGHT_ENDS <= local.hour < NIGHT_BEGINS:
        return None
    day = local.date() + timedelta(days=local.hour >= NIGHT_BEGINS)
    morning = datetime(day.year, day.month, day.day, NIGHT_ENDS, tzinfo=tz)
    return int(morning.timestamp() * 1_000)
