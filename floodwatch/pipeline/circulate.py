"""Sends a written sheet (the 08:00 report, the hand-over) to people, through the outbox."""

import re
from collections.abc import Iterable
from zlib import crc32

from floodwatch.model.district import District
from floodwatch.model.errors import Refused
from floodwatch.model.severity import Severity
from floodwatch.notify import routing
from floodwatch.store import outbox
from floodwatch.store.database import Transaction
from floodwatch.store.people import record

_WAITING = re.compile(r"；?\d+条消息待发")
BULLETIN, HANDOVER = "bulletin", "handover"


def circulate(
    tx: Transaction,
    text: str,
    *,
    kind: str,
    day: int,
    people: Iterable[str],
    district: District,
    who: str,
    now: int,
) -> list[str]:
    """Put the sheet into the outbox for each of `people`; those it goes to are returned.

    The first line is the subject. `day` (yyyymmdd, or a number of its own) and `kind` make the
    message's key with its words: the same sheet sent twice to a person is one message, a corrected
    one is another. Refused for a name that is not in recipients.toml.
    """
    names = list(dict.fromkeys(people))
    unknown = [name for name in names if name not in district.people]
    if unknown:
        raise Refused(f"{', '.join(unknown)}: not in recipients.toml; nobody was written to")
    subject, _, _ = text.partition("\n")
    entries = []
    for name in names:
        person = district.people[name]
        # Long text: by mail where there is a mail address, else by the first way there is.
        ways = dict(routing.ways(district, person, ()))
        chosen = [c for c in ways if c == routing.MAIL] or list(ways)[:1]
        for channel in chosen:
            entries.append(
                outbox.Entry(
                    alert_id=None,
                    seq=day,
                    step=f"{kind}-{_mark(text)}",
                    kind=kind,
                    person=name,
                    channel=channel,
                    address=ways[channel],
                    severity=int(Severity.IV),
                    subject=subject,
                    body=text,
                )
            )
    outbox.insert(tx, entries, now=now)
    what = f"{day}: {', '.join(names)}"
    record(tx.connection, now=now, who=who, action=f"send {kind}", what=what)
    return names


def _mark(text: str) -> str:
    """Tells a corrected sheet from the same one; what it says of messages that wait is no news."""
    return f"{crc32(_WAITING.sub('', text).encode()):08x}"
