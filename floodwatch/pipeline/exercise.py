"""演练: a marked message to everybody that asks for an answer; it is never an alert."""

import json
from collections.abc import Iterator

from floodwatch.model.clock import DAY
from floodwatch.model.district import District
from floodwatch.model.errors import Refused
from floodwatch.model.people import Person
from floodwatch.model.severity import Severity
from floodwatch.notify import routing
from floodwatch.notify.figures import clean, short_time
from floodwatch.notify.message import DEMONSTRATION, DEMONSTRATION_EN
from floodwatch.store import exercises, outbox, people
from floodwatch.store.database import Transaction
from floodwatch.store.outbox import EXERCISE, EXERCISE_MARK, EXERCISE_MARK_EN

OPEN = 3 * DAY  # how long an answer counts


def start(tx: Transaction, *, who: str, scope: str, district: District, now: int) -> int:
    """Send the exercise to everybody, or to one group; its number."""
    if not who.strip():
        raise Refused("an exercise has somebody who starts it; write a name")
    chosen = list(_chosen(district, scope))
    number = exercises.begin(
        tx, who=who, scope=scope, people=[person.name for person in chosen], now=now
    )
    entries = [entry for person in chosen for entry in _entries(person, number, who, district, now)]
    outbox.insert(tx, entries, now=now)
    what = f"exercise {number}: {scope or 'everybody'}, {len(chosen)} people"
    people.record(tx.connection, now=now, who=who, action="exercise", what=what)
    return number


def _chosen(district: District, scope: str) -> Iterator[Person]:
    """The people of a group or of everybody."""
    if scope and scope not in district.groups:
        known = "、".join(sorted(district.groups)) or "none are configured"
        raise Refused(f"there is no group {scope!r} in recipients.toml; groups: {known}")
    names = district.groups[scope] if scope else tuple(district.people)
    found = [district.people[name] for name in names if name in district.people]
    if not found:
        raise Refused("nobody would be told; add people to recipients.toml")
    yield from found


def _entries(
    person: Person, number: int, who: str, district: District, now: int
) -> Iterator[outbox.Entry]:
    said = _text(person, number, who, district, now)
    found = routing.ways(district, person, ())
    for channel, address in found:
        if channel == routing.VOICE or channel in ("siren", "webhook"):
            continue  # an exercise rings no telephone and no siren
        yield outbox.Entry(
            alert_id=None,
            seq=number,
            step="0",
            kind=EXERCISE,
            person=person.name,
            channel=channel,
            address=address,
            severity=int(Severity.III),
            subject=said,
            body=said,
            slots=json.dumps(_slots(person, number, district), ensure_ascii=False),
        )


def _slots(person: Person, number: int, district: District) -> dict[str, str]:
    """The pieces for a provider's template; each says that it is an exercise."""
    zh = person.language == "zh"
    return {
        "place": f"演练 {clean(district.name)}" if zh else f"EXERCISE {clean(district.name)}",
        "value": "防汛通知演练" if zh else "notification exercise",
        "limit": "不是真实告警" if zh else "no real alert",
        "action": "回复1" if zh else "reply 1",
        "code": str(number),
    }


def _text(person: Person, number: int, who: str, district: District, now: int) -> str:
    zh = person.language == "zh"
    at = short_time(now, district.tz, person.language)
    place = clean(district.name)
    if zh:
        mark = DEMONSTRATION if district.demonstration else ""
        said = f"{at} {place}防汛通知演练第{number}号（{clean(who)}），这不是真实告警。收到回1"
        return f"{mark}{EXERCISE_MARK}{said}"
    mark = f"{DEMONSTRATION_EN} " if district.demonstration else ""
    said = f"{at} {place}: notification exercise no. {number}. This is no real alert. Reply 1"
    return f"{mark}{EXERCISE_MARK_EN} {said}"
