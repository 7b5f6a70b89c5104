"""`shelve`, `maintenance`, `assign`, `comment`, `response`: what the room does beside answering."""

from contextlib import closing
from typing import Any

import click

from floodwatch.alerts.muting import SHELVED_USUALLY
from floodwatch.alerts.response import Proposal, proposal
from floodwatch.bootstrap import open_services
from floodwatch.cli.context import Call, shared
from floodwatch.cli.table import columns
from floodwatch.model.clock import HOUR
from floodwatch.model.errors import Refused
from floodwatch.model.fields import duration_ms
from floodwatch.model.moment import iso, parse
from floodwatch.model.severity import Severity
from floodwatch.pipeline import shelving
from floodwatch.store import board, care, mutes, responses
from floodwatch.store.responses import Response

GRADES = click.Choice([s.name for s in Severity])


class Span(click.ParamType[int]):
    """A length of time such as 30min or 2h, as ms."""

    name = "span"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """ms."""
        if isinstance(value, int):
            return value
        try:
            return duration_ms(value)
        except ValueError:
            self.fail(f"{value!r} is not a length of time; write 30min or 2h", param, ctx)


@click.command("shelve")
@click.argument("alert_id", type=int)
@click.option("--by", "who", required=True, help="Who shelves it.")
@click.option("--reason", default="", help="Why; needed.")
@click.option("--for", "span", type=Span(), default=SHELVED_USUALLY, help="At most 4h; usually 2h.")
@click.option("--second", default="", help="The second person whom a grade I needs beyond 30min.")
@click.option("--end", is_flag=True, help="End its shelving now.")
@shared
def shelve(
    call: Call, alert_id: int, who: str, reason: str, span: int, second: str, end: bool
) -> None:
    """Nobody is reminded of an alert for a while; a worse grade is told as ever.

    What still stands at the end is told again to all.
    """
    with closing(open_services(call.config, call.data)) as services:
        now = services.now()
        with services.database.write() as tx:
            if end:
                standing = mutes.of_alert(tx.connection, alert_id)
                if not standing:
                    raise Refused(f"alert {alert_id} is not shelved")
                for one in standing:
                    shelving.end(tx, one.id, who=who, now=now)
            else:
                shelving.shelve(
                    tx,
                    alert_id,
                    district=services.configuration.current(tx.connection),
                    span=span,
                    who=who,
                    reason=reason,
                    second=second,
                    now=now,
                )
    until = now if end else now + span
    text = "is not shelved any more" if end else f"is shelved until {iso(until)}"
    call.emit({"alert": alert_id, "until": iso(until)}, f"alert {alert_id} {text}")


@click.command("maintenance")
@click.argument("station", required=False)
@click.option("--by", "who", default="", help="Who enters it; needed.")
@click.option("--reason", default="", help="What is being done; needed.")
@click.option("--from", "begins", default="", help="When it begins; usually now.")
@click.option("--for", "span", type=Span(), default=2 * HOUR, help="How long; usually 2h.")
@click.option("--severity", type=GRADES, default="II", help="Up to this grade; usually II.")
@click.option("--second", default="", help="The second person whom --severity I needs.")
@click.option("--end", is_flag=True, help="End the station's maintenance now.")
@shared
def maintenance(call: Call, station: str | None, end: bool, **asked: Any) -> None:
    """Nobody is told of a station's alerts while it is worked on. Without STATION: list the mutes.

    The alerts themselves stand and show as ever.
    """
    with closing(open_services(call.config, call.data)) as services:
        now = services.now()
        if station is None:
            with services.database.read() as connection:
                found = [_mute(row) for row in mutes.rows(connection, now=now)]
            call.emit(found, lambda: _mutes(found))
            return
        with services.database.write() as tx:
            district = services.configuration.current(tx.connection)
            code = district.codes.get(station, station)
            if end:
                _end(tx, code, who=asked["who"], now=now)
                ends = now
            else:
                given = asked["begins"]
                begins = parse(given, district.zone_of(code)) if given else now
                ends = begins + asked["span"]
                shelving.maintain(
                    tx,
                    station,
                    district=district,
                    begins=begins,
                    ends=ends,
                    who=asked["who"],
                    reason=asked["reason"],
                    severity=Severity[asked["severity"]],
                    second=asked["second"],
                    now=now,
                )
    text = "ended" if end else f"until {iso(ends)}"
    call.emit({"station": code, "until": iso(ends)}, f"maintenance of {code}: {text}")


def _end(tx: Any, code: str, *, who: str, now: int) -> None:
    standing = [m for m in mutes.unended(tx.connection) if m.alert_id is None and m.station == code]
    if not standing:
        raise Refused(f"there is no maintenance of {code}; `floodwatch maintenance` lists them")
    for one in standing:
        shelving.end(tx, one.id, who=who, now=now)


@click.command("assign")
@click.argument("alert_id", type=int)
@click.option("--to", default="", help="Who follows it; nobody when left out.")
@click.option("--by", "who", required=True, help="Who says so.")
@shared
def assign(call: Call, alert_id: int, to: str, who: str) -> None:
    """Somebody of the room takes an alert on; it ends nobody's duty to answer."""
    with closing(open_services(call.config, call.data)) as services:
        now = services.now()
        with services.database.write() as tx:
            care.assign(tx, alert_id, to=to, who=who, now=now)
    text = f"{to} follows alert {alert_id}" if to else f"nobody follows alert {alert_id}"
    call.emit({"alert": alert_id, "assignee": to or None}, text)


@click.command("comment")
@click.argument("alert_id", type=int)
@click.argument("text")
@click.option("--by", "who", required=True, help="Whose words they are.")
@shared
def comment(call: Call, alert_id: int, text: str, who: str) -> None:
    """Write a word into the timeline of an alert."""
    with closing(open_services(call.config, call.data)) as services:
        now = services.now()
        with services.database.write() as tx:
            care.comment(tx, alert_id, text=text, who=who, now=now)
    call.emit({"alert": alert_id}, f"written into the timeline of alert {alert_id}")


@click.group("response")
def response() -> None:
    """The register of emergency response: people start, change and end it."""


def _act(name: str, words: str) -> click.Command:
    """`start`, `change` or `end`, with the options they share."""

    @click.option("--by", "who", required=True, help="Who decided it.")
    @click.option("--document", default="", help="Its document; needed.")
    @click.option("--note", default="", help="A word beside it.")
    @shared
    def act(call: Call, who: str, document: str, note: str, level: str = "") -> None:
        write: Any = {"start": responses.start, "change": responses.change, "end": responses.end}
        with closing(open_services(call.config, call.data)) as services:
            now = services.now()
            given = (Severity[level],) if level else ()
            with services.database.write() as tx:
                write[name](tx, *given, who=who, document=document, note=note, now=now)
                found = responses.current(tx.connection)
        call.emit(_response(found), _said(found))

    if name != "end":
        act = click.argument("level", type=GRADES)(act)
    return click.command(name, help=words)(act)


response.add_command(_act("start", "Start a response of LEVEL."))
response.add_command(_act("change", "Change the response to LEVEL."))
response.add_command(_act("end", "The response is over."))


@response.command("show")
@shared
def show(call: Call) -> None:
    """What is in force, and what the open alerts would speak for."""
    opened = closing(open_services(call.config, call.data))
    with opened as services, services.database.read() as connection:
        found = responses.current(connection)
        proposed = proposal(board.alerts(connection, state="firing", limit=5000))
    call.emit(
        {"response": _response(found), "proposal": _proposal(proposed)},
        "\n".join([_said(found), *([_proposed(proposed)] if proposed else [])]),
    )


def _response(found: Response | None) -> dict[str, Any] | None:
    if found is None:
        return None
    times = {"at": iso(found.at), "started_at": iso(found.started_at)}
    return found._asdict() | {"level": found.level.name} | times


def _said(found: Response | None) -> str:
    if found is None:
        return "no emergency response is in force"
    return f"response {found.level.name} since {iso(found.at)} ({found.document}, {found.who})"


def _proposal(found: Proposal | None) -> dict[str, Any] | None:
    return found and found._asdict() | {"level": found.level.name}


def _proposed(found: Proposal) -> str:
    alerts = ", ".join(map(str, found.alerts[:20]))
    return f"proposed: {found.level.name} for alerts {alerts}; people decide"


def _mute(row: dict[str, Any]) -> dict[str, Any]:
    times = {name: iso(row[name]) for name in ("begins", "ends")}
    hidden = ("rev", "ended_at", "ended_by")
    shown = {name: value for name, value in row.items() if name not in hidden}
    return shown | times | {"severity": Severity(row["severity"]).name}


def _mutes(found: list[dict[str, Any]]) -> str:
    if not found:
        return "nothing is muted"
    names = ("id", "kind", "station", "alert_id", "severity", "begins", "ends", "who", "reason")
    return columns([names, *(tuple(str(row[n] or "") for n in names) for row in found)])
