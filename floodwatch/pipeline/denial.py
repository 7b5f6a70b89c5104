"""A suspect reading was denied and its alert stands lower: what it alone had asked for ends."""

from collections.abc import Iterable, Iterator

from floodwatch.model.district import District
from floodwatch.model.people import Way
from floodwatch.notify import routing
from floodwatch.notify.message import compose
from floodwatch.notify.phrases import DENIED
from floodwatch.notify.routing import Recipient
from floodwatch.pipeline.asking import Worded, entry_of
from floodwatch.store import obligation_log, outbox
from floodwatch.store.database import Transaction

STEP = "d"  # of the word to those who had heard the suspect reading


def withdrawn(
    tx: Transaction, worded: Iterable[Worded], *, district: District, now: int
) -> list[Worded]:
    """End what only the suspect reading had opened, and say so to those whom it had reached.

    Whoever hears it now by this word is not written to again, unless called about what stands.
    """
    found = []
    for item in worded:
        if item.told.transition.why == DENIED:
            item = _withdrawn(tx, item, district=district, now=now)
        found.append(item)
    return found


def _withdrawn(tx: Transaction, item: Worded, *, district: District, now: int) -> Worded:
    number, severity = item.told.alert_id, int(item.told.transition.severity)
    obligation_log.deny(tx, number, above=severity, now=now)
    heard = [to for to in outbox.told(tx, [number], above=severity) if to.reached]
    outbox.supersede_unsent(
        tx, [number], reason="the reading it told of was denied by the next", above=severity
    )
    called = {to.person.name for to in item.recipients if to.way is Way.CALL and not to.after}
    heard = [to for to in heard if to.person not in called]
    outbox.insert(tx, _words(item, heard, district), now=now)
    return item._replace(heard=frozenset(to.person for to in heard))


def _words(
    item: Worded, heard: Iterable[outbox.Told], district: District
) -> Iterator[outbox.Entry]:
    for one in outbox.written(heard):
        person = district.people.get(one.person) or routing.stranger(one.person)
        text = compose(item.occasion, district, language=person.language, owes=False)
        to = Recipient(person, one.channel, one.address)
        yield entry_of(item.occasion, item.told.seq, STEP, to, text)
