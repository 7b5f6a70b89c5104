"""`answer` and `exercise`: a person's answer entered by hand, and whether everybody is reached."""

from contextlib import closing

import click

from floodwatch.bootstrap import open_services
from floodwatch.cli.context import Call, shared
from floodwatch.cli.table import columns
from floodwatch.model.alert import ObligationState
from floodwatch.model.errors import Refused
from floodwatch.model.moment import iso
from floodwatch.pipeline import exercise as exercising
from floodwatch.store import alert_log, exercises


@click.command("answer")
@click.option("--person", required=True, help="Who owes the answer.")
@click.option("--alert", "alert_id", type=int, help="One alert; without it all of that person's.")
@click.option(
    "--by", "who", required=True, help="Who enters it; the person himself, or an officer."
)
@click.option("--note", default="", help="A word for the timeline.")
@shared
def answer(call: Call, person: str, alert_id: int | None, who: str, note: str) -> None:
    """Enter that a person has answered.

    It ends what this person owes, and nobody else's duty; `ack` is the room's own.
    """
    who, own = who.strip(), who.strip() == person
    if not who:
        raise Refused("--by names nobody; write who enters the answer")
    with closing(open_services(call.config, call.data)) as services:
        if person not in services.configuration.current().people:
            raise Refused(f"{person!r} is not in recipients.toml")
        now = services.now()
        with services.database.write() as tx:
            ended = alert_log.answer(
                tx,
                person,
                who=who,
                via="cli",
                now=now,
                alert_id=alert_id,
                note=note.strip(),
                state=ObligationState.ANSWERED if own else ObligationState.ENTERED,
            )
            if alert_id is None:
                since = now - exercising.OPEN
                ended += len(exercises.answer(tx, person, via="cli", now=now, since=since))
    document = {"person": person, "alert": alert_id, "by": who, "answered": ended}
    said = f"{person} has answered {ended} matter(s)" if ended else f"{person} owed no answer"
    call.emit(document, f"{said}; entered by {who}")


@click.group("exercise")
def exercise() -> None:
    """A message marked 【演练】 to everybody, and who has answered it."""


@exercise.command("start")
@click.option("--who", required=True, help="Who starts it.")
@click.option("--to", "scope", default="", help="One group of recipients.toml; default: everybody.")
@shared
def start(call: Call, who: str, scope: str) -> None:
    """Send an exercise; it is never an alert and rings no telephone."""
    with closing(open_services(call.config, call.data)) as services:
        district, now = services.configuration.current(), services.now()
        with services.database.write() as tx:
            number = exercising.start(tx, who=who, scope=scope, district=district, now=now)
            people = len(exercises.asked(tx.connection, number))
    document = {"exercise": number, "people": people}
    call.emit(document, f"exercise {number} goes to {people} people; `floodwatch exercise show`")


@exercise.command("show")
@click.argument("number", type=int, required=False)
@shared
def show(call: Call, number: int | None) -> None:
    """Who has answered the newest exercise (or NUMBER), and whom no channel reached."""
    services = open_services(call.config, call.data)
    with closing(services), services.database.read() as connection:
        every = exercises.exercises(connection, limit=1000)
        chosen = [one for one in every if number in (None, one.id)][:1]
        if not chosen:
            raise Refused("there is no such exercise; `floodwatch exercise start` begins one")
        asked = exercises.asked(connection, chosen[0].id)
    answered = sum(one.answered_at is not None for one in asked)
    document = {
        "exercise": chosen[0].id,
        "at": iso(chosen[0].at),
        "who": chosen[0].who,
        "to": chosen[0].scope,
        "asked": len(asked),
        "answered": answered,
        "unreachable": [one.person for one in asked if not one.reached],
        "people": [
            one._asdict() | {"answered_at": iso(one.answered_at) if one.answered_at else None}
            for one in asked
        ],
    }
    call.emit(document, lambda: _text(asked, answered))


def _text(asked: list[exercises.Asked], answered: int) -> str:
    rows = [("person", "answered", "reached", "channels")]
    rows += [
        (
            one.person,
            f"{iso(one.answered_at)} {one.via}" if one.answered_at else "no",
            "yes" if one.reached else "NO",
            one.said,
        )
        for one in asked
    ]
    return f"{answered} of {len(asked)} have answered\n{columns(rows)}"
