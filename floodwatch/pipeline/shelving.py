"""What people do to mute: shelve an alert, put a station under maintenance, end either."""

import json

from floodwatch.alerts.muting import check_maintenance, check_shelve
from floodwatch.model.clock import HOUR
from floodwatch.model.district import District
from floodwatch.model.errors import Refused
from floodwatch.model.mute import MuteKind
from floodwatch.model.severity import Severity
from floodwatch.notify import roster, routing
from floodwatch.notify.muting_text import shelved_alone, shelved_by_two
from floodwatch.notify.text_fields import plain_slots
from floodwatch.pipeline import muting
from floodwatch.store import alert_log, duty_log, mutes, outbox, people, timeline
from floodwatch.store.database import Transaction
from floodwatch.store.mutes import Fresh
from floodwatch.store.rule_states import rule_key

LONGEST = 24 * HOUR  # of maintenance, unless the service says otherwise


def shelve(
    tx: Transaction,
    alert_id: int,
    *,
    district: District,
    span: int,
    who: str,
    reason: str,
    now: int,
    second: str = "",
) -> int:
    """Shelve an alert for `span` ms; the number of the mute. A shelve before it ends with this one.

    A grade I shelved by one person alone is told to the leaders, one shelved by two to the second.
    """
    row = alert_log.alert(tx.connection, alert_id)
    if row is None:
        raise Refused(f"there is no alert {alert_id}; `floodwatch alerts` lists those that stand")
    if row["resolved_at"] is not None:
        raise Refused(f"alert {alert_id} has already cleared; there is nothing to shelve")
    severity = Severity(row["severity"])
    who, reason, second = who.strip(), reason.strip(), second.strip()
    check_shelve(severity, span, who=who, reason=reason, second=second)
    _check_known(district, second)
    mutes.end(tx, [one.id for one in mutes.of_alert(tx.connection, alert_id)], who=who, now=now)
    number = mutes.add(
        tx,
        Fresh(
            MuteKind.SHELVE,
            row["station"],
            alert_id,
            int(severity),
            now,
            now + span,
            who,
            second,
            reason,
        ),
    )
    by = f"{MuteKind.SHELVE}:{number}"
    mutes.set_muted(tx, {alert_id: by})
    muting.hush(tx, {alert_id: by}, now=now, who=who, text=reason, until=now + span)
    people.record(
        tx.connection, now=now, who=who, action="shelve", what=f"alert {alert_id}: {reason}"
    )
    if severity is Severity.I:
        text = shelved_by_two if second else shelved_alone
        place = district.stations.get(row["station"])
        leaders = (n for n in roster.leaders(district, place, now=now) if n != who)
        told = [second] if second else list(leaders)
        words = text(row, district, who=who, reason=reason, until=now + span)
        _notify(tx, told, words, district=district, row=row, number=number, now=now)
    return number


def maintain(
    tx: Transaction,
    station: str,
    *,
    district: District,
    begins: int,
    ends: int,
    who: str,
    reason: str,
    now: int,
    severity: Severity = Severity.II,
    second: str = "",
) -> int:
    """Nobody is told of alerts of a station up to `severity` while it is worked on; its number."""
    code = district.codes.get(station, station)
    if code not in district.stations:
        raise Refused(f"there is no station {station!r}; `floodwatch stations` lists them")
    who, reason, second = who.strip(), reason.strip(), second.strip()
    check_maintenance(
        begins,
        ends,
        now=now,
        most=int(district.service.get("longest_maintenance") or LONGEST),
        severity=severity,
        who=who,
        reason=reason,
        second=second,
    )
    _check_known(district, second)
    number = mutes.add(
        tx,
        Fresh(MuteKind.MAINTENANCE, code, None, int(severity), begins, ends, who, second, reason),
    )
    text = f"{district.stations[code].name} 维护 #{number}：{reason}"
    duty_log.write(tx, text, who=who, kind="mute", now=now)
    people.record(tx.connection, now=now, who=who, action="maintenance", what=f"{code}: {reason}")
    return number


def end(tx: Transaction, mute_id: int, *, who: str, now: int) -> None:
    """End a mute before its time; the engine tells what still stands anew."""
    row = mutes.row(tx.connection, mute_id)
    if row is None:
        raise Refused(f"there is no mute {mute_id}; `floodwatch maintenance` lists those in force")
    if not who.strip():
        raise Refused("say who ends it")
    if row["ended_at"] is not None:
        return
    mutes.end(tx, [mute_id], who=who.strip(), now=now)
    word = "搁置" if row["kind"] == MuteKind.SHELVE else "维护"
    duty_log.write(
        tx,
        f"提前结束{word} #{mute_id}",
        who=who.strip(),
        kind="mute",
        now=now,
        alert_id=row["alert_id"],
    )
    people.record(tx.connection, now=now, who=who.strip(), action="unmute", what=f"mute {mute_id}")


def _check_known(district: District, second: str) -> None:
    if second and second not in district.people:
        raise Refused(f"{second!r} is not in recipients.toml; name somebody who can be reached")


def _notify(
    tx: Transaction,
    names: list[str],
    text: str,
    *,
    district: District,
    row: dict[str, object],
    number: int,
    now: int,
) -> None:
    """A word to each of these people; nobody owes an answer to it."""
    rule, severity = rule_key(str(row["rule"])), Severity(int(str(row["severity"])))
    chosen = routing.route(district, rule, severity).route
    alert_id = int(str(row["id"]))
    station = district.stations.get(str(row["station"]))
    place = station.name if station else str(row["station"])
    pieces = plain_slots(place, "告警已被搁置", action="知悉并核实", alert_id=alert_id)
    entries = [
        outbox.Entry(
            alert_id=alert_id,
            seq=0,
            step=f"m{number}",
            kind="notice",
            person=name,
            channel=channel,
            address=address,
            severity=int(severity),
            subject=text,
            body=text,
            slots=json.dumps(pieces, ensure_ascii=False),
        )
        for name in names
        for channel, address in routing.ways(district, district.people[name], chosen.channels)
    ]
    outbox.insert(tx, entries, now=now)
    said = "、".join(names) or "没有登记带班领导，无人可告知"
    timeline.append(tx, [timeline.Entry(alert_id, now, "note", f"搁置已告知：{said}")])
