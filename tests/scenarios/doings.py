"""What people and faults do in a scenario: the words of `do`, and what each needs.

ack(station, type, by) · answer(person, via) · sms(person, text) · call(person, result, by) ·
enter(person, by) the officer's entry · deputy(person, by) · shelve(station, type, minutes, by,
reason, second) · maintain(station, minutes, by, reason, severity) · unmute(by) · edit(file, old,
new) · restart · stop, start the engine · clock(minutes) the wall clock is moved · channel(name,
state = "down" | "up", refuses = [people]) · forecast(mm, hours, by) · backup(station, state, by) ·
hazard(station, title, limit, severity, by) · import(file, text, by) ·
undo(by) the last import · look: the engine looks before what comes at that moment · tick
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from floodwatch.model.alert import CallResult, ObligationState
from floodwatch.model.clock import HOUR, MINUTE
from floodwatch.model.errors import ConfigError
from floodwatch.model.mute import MuteKind
from floodwatch.model.notification import Incoming
from floodwatch.model.severity import Severity
from floodwatch.pipeline import answering, import_undo, registers, replies, shelving
from floodwatch.pipeline import imports as importing
from floodwatch.sources.csv.options import ImportOptions
from floodwatch.store import alert_log, answers, imports, mutes, tables
from floodwatch.store.database import Transaction
from tests.scenarios.reading_files import Event

if TYPE_CHECKING:
    from tests.scenarios.playing import Play

Doing = Callable[["Play", Transaction, Event], object]


def _alert(play: "Play", event: Event) -> int:
    """The newest alert of the event's station (and rule type, if it names one)."""
    with play.town.database.read() as connection:
        rows = alert_log.alerts(connection, state="all")
    wanted = [
        row
        for row in rows
        if row["station"] == event.more["station"]
        and event.more.get("type", row["type"]) == row["type"]
    ]
    assert wanted, f"{play.scenario.name}: no alert for {event}"
    return max(int(row["id"]) for row in wanted)


def _ack(play: "Play", tx: Transaction, event: Event) -> object:
    who, number = event.more["by"], _alert(play, event)
    return answers.acknowledge(
        tx, number, who=who, note="", via="page", now=event.at, person=event.more.get("person", who)
    )


def _answer(play: "Play", tx: Transaction, event: Event) -> object:
    return answering.answered(tx, event.more["person"], via=event.more["via"], now=event.at)


def _sms(play: "Play", tx: Transaction, event: Event) -> object:
    person = play.district.people[event.more["person"]]
    said = Incoming(f"sms-{event.at}", person.phone, event.more["text"], event.at)
    return replies.take(tx, "sms_gammu", [said], district=play.district, now=event.at)


def _call(play: "Play", tx: Transaction, event: Event) -> object:
    result = CallResult(event.more["result"])
    who, by = event.more["person"], event.more["by"]
    return answers.record_call(tx, who, result=result, officer=by, now=event.at)


def _entered(state: ObligationState) -> Doing:
    def do(play: "Play", tx: Transaction, event: Event) -> object:
        who, by = event.more["person"], event.more["by"]
        return answers.answer(tx, who, who=by, via="entry", now=event.at, state=state)

    return do


def _shelve(play: "Play", tx: Transaction, event: Event) -> object:
    return shelving.shelve(
        tx,
        _alert(play, event),
        district=play.district,
        span=event.more["minutes"] * MINUTE,
        who=event.more["by"],
        reason=event.more["reason"],
        second=event.more.get("second", ""),
        now=event.at,
    )


def _maintain(play: "Play", tx: Transaction, event: Event) -> object:
    return shelving.maintain(
        tx,
        event.more["station"],
        district=play.district,
        begins=event.at,
        ends=event.at + event.more["minutes"] * MINUTE,
        who=event.more["by"],
        reason=event.more["reason"],
        severity=Severity[event.more.get("severity", "II")],
        now=event.at,
    )


def _unmute(play: "Play", tx: Transaction, event: Event) -> None:
    for mute in mutes.unended(tx.connection):
        assert mute.kind in MuteKind
        shelving.end(tx, mute.id, who=event.more["by"], now=event.at)


def _forecast(play: "Play", tx: Transaction, event: Event) -> object:
    return registers.add_forecast(
        tx,
        begins=event.at,
        ends=event.at + event.more["hours"] * HOUR,
        rainfall_mm=event.more["mm"],
        source="县气象台",
        who=event.more["by"],
        now=event.at,
    )


def _backup(play: "Play", tx: Transaction, event: Event) -> object:
    more = event.more
    place, state, who = more["station"], more["state"], more["by"]
    return registers.set_backup(tx, play.district, place, state=state, who=who, now=event.at)


def _hazard(play: "Play", tx: Transaction, event: Event) -> object:
    return registers.add_hazard(
        tx,
        play.district,
        event.more["station"],
        title=event.more["title"],
        found_by=event.more["by"],
        owner=event.more["by"],
        severity=Severity[event.more["severity"]],
        limit=event.more.get("limit"),
        who=event.more["by"],
        now=event.at,
    )


def _close_hazard(play: "Play", tx: Transaction, event: Event) -> object:
    return registers.close_hazard(tx, 1, who=event.more["by"], now=event.at)


DOINGS: dict[str, Doing] = {
    "ack": _ack,
    "answer": _answer,
    "sms": _sms,
    "call": _call,
    "enter": _entered(ObligationState.ENTERED),
    "deputy": _entered(ObligationState.DEPUTY),
    "shelve": _shelve,
    "maintain": _maintain,
    "unmute": _unmute,
    "forecast": _forecast,
    "backup": _backup,
    "hazard": _hazard,
    "close_hazard": _close_hazard,
}


def _restart(play: "Play", event: Event) -> None:
    play.town.restart()
    play.renew_sender()


def _stop(play: "Play", event: Event) -> None:
    play.running = False


def _start(play: "Play", event: Event) -> None:
    play.running = True
    _restart(play, event)


def _clock(play: "Play", event: Event) -> None:
    play.town.clock.step_wall(int(event.more["minutes"] * MINUTE))


def _channel(play: "Play", event: Event) -> None:
    channel = play.channels[event.more["name"]]
    channel.down = event.more.get("state") == "down"
    channel.refuses = frozenset(event.more.get("refuses", ()))


def _edit(play: "Play", event: Event) -> None:
    path = play.town.folder / event.more["file"]
    before = path.read_text("utf-8")
    play.edit(event.more["file"], event.more["old"], event.more["new"])
    try:
        play.town.configure()
    except ConfigError:
        path.write_text(before, "utf-8")
        raise


def _undo(play: "Play", event: Event) -> None:
    t = tables.imported
    with play.town.database.read() as connection:
        number = connection.execute(select(func.max(t.c.id))).scalar_one()
    with play.town.database.write() as tx:
        imports.finish(tx, number, state=imports.DONE, report={})
    import_undo.undo(play.town.database, number, who=event.more["by"], now=event.at)


def _import(play: "Play", event: Event) -> None:
    path = play.town.folder.parent / event.more["file"]
    path.write_text(event.more["text"], "utf-8")
    report = importing.run(
        play.town.database,
        [path],
        ImportOptions(),
        play.district,
        submit=lambda batch: play.town.send(batch)[0],
        who=event.more["by"],
        now=event.at,
    )
    for account in report.files:
        play.kept.update({str(kind): count for kind, count in account.counts.items() if count})


def _look(play: "Play", event: Event) -> None:
    play.town.ticker.tick()


def _tick(play: "Play", event: Event) -> None:
    """Nothing: only the time passes here."""


# What is not one transaction of a person: it concerns the machine.
ACTS: dict[str, Callable[["Play", Event], Any]] = {
    "restart": _restart,
    "stop": _stop,
    "start": _start,
    "clock": _clock,
    "channel": _channel,
    "edit": _edit,
    "undo": _undo,
    "import": _import,
    "look": _look,
    "tick": _tick,
}
