"""Who owes an answer: the room and each person who must; one's answer never ends another's."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from floodwatch.model.clock import MINUTE
from floodwatch.model.people import Room, Route
from floodwatch.model.severity import Severity

ROOM = "room"
NIGHT_BEGINS, NIGHT_ENDS = 22, 7  # local hours between which a grade IV disturbs nobody
WAITS, ASKED, PASSED_ON, UNREACHED = -1, 0, 1, 2  # the steps of an obligation
AGAIN = {Severity.I: 10 * MINUTE}  # how often the room is asked again
USUALLY_AGAIN = 30 * MINUTE


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
    due: int | None  # service ms; None: the machine does nothing more, the hand call list does
    again: bool  # asked once more
    pass_on: bool  # somebody else is asked in the party's place


def parties(route: Route, answerers: Iterable[str]) -> tuple[str, ...]:
    """Who owes an answer: the room unless the route is for its screen only, and those who must.

    `answerers` are the people who must answer, as the route finds them at the alert's station.
    """
    if route.screen_only:
        return ()
    room = () if route.room is Room.SCREEN else (ROOM,)
    return (*room, *dict.fromkeys(answerers))


def opening(
    wanted: Iterable[str],
    severity: Severity,
    standing: Iterable[Standing] = (),
    *,
    worsened: bool = False,
) -> Opening:
    """What opens for these parties at this severity, beside what stands already.

    Nothing opens for a party that owes, or has given, an answer for this severity or a worse one.
    A milder one that is still open ends: the worse one takes its place. An alert that has
    `worsened` to what was answered before had eased since: that answer does not count any more.
    """
    known = list(standing)
    reached = {s.party for s in known if s.severity >= severity and (s.open or not worsened)}
    opened = tuple(p for p in dict.fromkeys(wanted) if p not in reached)
    ended = tuple(s.id for s in known if s.open and s.severity < severity and s.party in opened)
    return Opening(opened, ended)


def unanswered(
    party: str, severity: Severity, *, step: int, within: int, now: int, tz: ZoneInfo
) -> NextStep:
    """What follows when the time of an obligation is up without an answer.

    A person is asked once more, and whoever stands in for him is asked beside him; then the matter
    is for the hand call list. The room is asked as long as it does not answer, the leader in its
    place from the second time on. Nobody is asked about a grade IV at night; it waits for the
    morning. `within` is ms.
    """
    if severity is Severity.IV and (morning := morning_of(now, tz)) is not None:
        return NextStep(step, morning, again=False, pass_on=False)
    if party == ROOM:
        wait = max(within, AGAIN.get(severity, USUALLY_AGAIN))
        leader = severity is Severity.I or (step >= PASSED_ON and severity is not Severity.IV)
        return NextStep(step + 1, now + wait, again=True, pass_on=leader)
    if step < PASSED_ON:
        return NextStep(PASSED_ON, now + max(within, MINUTE), again=True, pass_on=True)
    return NextStep(UNREACHED, None, again=False, pass_on=False)


def morning_of(now: int, tz: ZoneInfo) -> int | None:
    """When the night ends in which `now` lies, ms; None by day."""
    local = datetime.fromtimestamp(now / 1_000, tz)
    if NIGHT_ENDS <= local.hour < NIGHT_BEGINS:
        return None
    day = local.date() + timedelta(days=local.hour >= NIGHT_BEGINS)
    morning = datetime(day.year, day.month, day.day, NIGHT_ENDS, tzinfo=tz)
    return int(morning.timestamp() * 1_000)
