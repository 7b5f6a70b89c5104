"""`alerts`, `ack`, `channel`: what stands, that somebody has it, and whether messages get out."""

from collections.abc import Mapping, Sequence
from contextlib import closing
from typing import Any

import click

from floodwatch import config
from floodwatch.bootstrap import Services, open_services
from floodwatch.cli.context import Call, shared
from floodwatch.cli.table import columns
from floodwatch.model.district import District
from floodwatch.model.errors import Refused
from floodwatch.model.moment import iso
from floodwatch.model.notification import Message, Sent
from floodwatch.model.severity import Severity
from floodwatch.notify.figures import amount
from floodwatch.pipeline import channels
from floodwatch.store import alert_log

TIMES = ("fired_at", "onset", "resolved_at", "acked_at", "value_time", "peak_at")
GRADES = ("severity", "worst", "acked_severity")


@click.command("alerts")
@click.option("--all", "everything", is_flag=True, help="Also those that have cleared.")
@click.option("--limit", type=click.IntRange(min=1), default=1000, show_default=True)
@shared
def alerts(call: Call, everything: bool, limit: int) -> None:
    """List the alerts that stand, the gravest first."""
    with closing(open_services(call.config, call.data)) as services:
        district = services.configuration.current()
        with services.database.read() as connection:
            state = "all" if everything else "firing"
            rows = alert_log.alerts(connection, state=state, limit=limit)
            duties = alert_log.obligations(connection, open_only=True)
    owed: dict[int, list[str]] = {}
    for duty in duties:
        owed.setdefault(duty["alert_id"], []).append(duty["party"])
    found = [_document(row, owed.get(row["id"], [])) for row in rows]
    call.emit(found, lambda: _text(rows, owed, district))


@click.command("ack")
@click.argument("alert_id", type=int)
@click.option("--by", "who", required=True, help="Who has it.")
@click.option("--note", default="", help="A word for the timeline.")
@shared
def ack(call: Call, alert_id: int, who: str, note: str) -> None:
    """Say that the duty room has an alert.

    It ends the room's sound and what NAME himself owes; nobody else's duty to answer.
    """
    if not who.strip():
        raise Refused("--by names nobody; write who has the alert")
    with closing(open_services(call.config, call.data)) as services:
        now = services.now()
        with services.database.write() as tx:
            row = alert_log.acknowledge(
                tx, alert_id, who=who.strip(), note=note.strip(), via="cli", now=now
            )
            duties = alert_log.obligations(tx.connection, alert_id=alert_id, open_only=True)
    waiting = [duty["party"] for duty in duties]
    others = f"; not answered yet: {', '.join(waiting)}" if waiting else ""
    call.emit(
        _document(row, waiting), f"alert {alert_id} acknowledged by {row['acked_by']}{others}"
    )


@click.group("channel")
def channel() -> None:
    """The ways by which messages leave."""


@channel.command("test")
@click.argument("name")
@click.option("--to", "address", required=True, help="The address: e-mail or telephone number.")
@shared
def test(call: Call, name: str, address: str) -> None:
    """Send one test message and print what the channel said."""
    with closing(open_services(call.config, call.data, create=True)) as services:
        district = _district(call, services)
        found = channels.build(district, services.database, demonstration=services.demonstration)
        if name not in found:
            known = ", ".join(sorted(found))
            raise Refused(
                f"there is no channel {name!r}; there are: {known}; add [channels.{name}] to "
                "floodwatch.toml"
            )
        now = services.clock.wall()
        mark = "【示范】" if services.demonstration else ""
        text = f"{mark}【测试】FloodWatch 通知测试 test message {iso(now)}"
        message = Message(
            f"test-{now}",
            address,
            address,
            text,
            text,
            Severity.II if name == "siren" else Severity.IV,  # below II a siren stays silent
            at=now,
            kind="test",
            slots=_slots(mark, iso(now)),
        )
        result = found[name].send(message)
    document = {"channel": name, "to": address, "sent": result.sent.value, "detail": result.detail}
    if result.sent is not Sent.ACCEPTED:
        call.emit(document, "")
        raise Refused(f"{name} did not take the message ({result.sent.value}): {result.detail}")
    call.emit(document, f"{name} took the message: {result.detail}")


def _slots(mark: str, at: str) -> dict[str, str]:
    """The pieces of the test message for a provider's template."""
    return {
        "place": f"{mark}通知测试",
        "value": at[:16],
        "limit": "仅为测试",
        "action": "无需行动",
        "code": "0",
    }


def _district(call: Call, services: Services) -> District:
    """The folder's configuration, which is what is being tried out; else the one in force."""
    return config.load(call.config) if call.config.is_dir() else services.configuration.current()


def _document(row: Mapping[str, Any], waiting: Sequence[str]) -> dict[str, Any]:
    shown = {name: value for name, value in row.items() if name != "rev"}
    for name in TIMES:
        shown[name] = None if row[name] is None else iso(row[name])
    for name in GRADES:
        shown[name] = None if row[name] is None else Severity(row[name]).name
    shown["state"] = "firing" if row["resolved_at"] is None else "resolved"
    shown["waiting_for"] = list(waiting)
    return shown


def _text(
    rows: Sequence[Mapping[str, Any]], owed: Mapping[int, list[str]], district: District
) -> str:
    if not rows:
        return "no alerts stand"
    head = (
        "alert",
        "grade",
        "station",
        "what",
        "value",
        "limit",
        "since",
        "acknowledged",
        "waiting for",
    )
    return columns([head, *(_cells(row, owed.get(row["id"], []), district) for row in rows)])


def _cells(row: Mapping[str, Any], waiting: Sequence[str], district: District) -> tuple[str, ...]:
    station = district.stations.get(row["station"])
    since = iso(row["fired_at"])
    return (
        str(row["id"]),
        Severity(row["severity"]).name,
        station.name if station else row["station"],
        f"{_what(row)}{' (cleared)' if row['resolved_at'] else ''}",
        _figure(row, "value"),
        _figure(row, "limit_value"),
        since,
        row["acked_by"] or "",
        " ".join(waiting),
    )


def _what(row: Mapping[str, Any]) -> str:
    """The band; of an alert about the service itself its one sentence."""
    return str(row["label"] or row["band"] or (row["facts"] or {}).get("en") or row["type"])


def _figure(row: Mapping[str, Any], name: str) -> str:
    return "" if row[name] is None else amount(row["variable"], row[name], "en")
