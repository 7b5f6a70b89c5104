"""The register of emergency response: people start, change and end it, each with its document."""

from typing import Any, NamedTuple

from sqlalchemy import Connection, insert, select

from floodwatch.model.errors import Refused
from floodwatch.model.severity import Severity
from floodwatch.store import duty_log, people
from floodwatch.store.database import Transaction
from floodwatch.store.tables import response

START, CHANGE, END = "start", "change", "end"


class Response(NamedTuple):
    """The response in force. Times service ms: since this level, and since it was started."""

    level: Severity
    at: int
    started_at: int
    who: str
    document: str
    note: str


def current(connection: Connection, *, at: int | None = None) -> Response | None:
    """The response in force now, or at a past moment (service ms); None when there is none."""
    newest = select(response).order_by(response.c.id.desc())
    if at is not None:
        newest = newest.where(response.c.at <= at)
    row = connection.execute(newest.limit(1)).mappings().first()
    if row is None or row["action"] == END:
        return None
    began = connection.execute(newest.where(response.c.action == START).limit(1)).mappings().one()
    return Response(
        Severity(row["level"]),
        row["at"],
        began["at"],
        row["who"],
        row["document"],
        row["note"] or "",
    )


def history(connection: Connection, *, most: int = 200) -> list[dict[str, Any]]:
    """Every act of the register, the newest first."""
    query = select(response).order_by(response.c.id.desc()).limit(most)
    return [dict(row) for row in connection.execute(query).mappings()]


def between(connection: Connection, start: int, end: int) -> list[dict[str, Any]]:
    """The acts of (start, end], the oldest first."""
    inside = (response.c.at > start, response.c.at <= end)
    query = select(response).where(*inside).order_by(response.c.at, response.c.id)
    return [dict(row) for row in connection.execute(query).mappings()]


def start(
    tx: Transaction, level: Severity, *, who: str, document: str, now: int, note: str = ""
) -> None:
    """Start a response. Refused when one is in force."""
    known = current(tx.connection)
    if known is not None:
        raise Refused(
            f"a response of level {known.level.name} is in force, 已在响应中; change or end it"
        )
    _write(tx, START, level, who=who, document=document, now=now, note=note)


def change(
    tx: Transaction, level: Severity, *, who: str, document: str, now: int, note: str = ""
) -> None:
    """Another level from now on. Refused when none is in force, or this very one."""
    known = current(tx.connection)
    if known is None:
        raise Refused("no response is in force, 当前没有响应; start one")
    if known.level is level:
        raise Refused(
            f"the response is of level {level.name} already, 级别未变; choose another one"
        )
    _write(tx, CHANGE, level, who=who, document=document, now=now, note=note)


def end(tx: Transaction, *, who: str, document: str, now: int, note: str = "") -> None:
    """The response is over. Refused when none is in force."""
    if current(tx.connection) is None:
        raise Refused("no response is in force, 当前没有响应; there is nothing to end")
    _write(tx, END, None, who=who, document=document, now=now, note=note)


def _write(
    tx: Transaction,
    action: str,
    level: Severity | None,
    *,
    who: str,
    document: str,
    now: int,
    note: str,
) -> None:
    who, document, note = who.strip(), document.strip(), note.strip()
    if not who:
        raise Refused("say who decided it, 请写明决定人; a response without a name is not possible")
    if not document:
        raise Refused(
            "name its document, 请写明文号; a response is started and ended by a document"
        )
    row = {"action": action, "level": level, "at": now, "who": who, "document": document}
    tx.connection.execute(insert(response).values(**row, note=note or None, rev=tx.rev))
    degree = level.numeral if level else ""
    word = {START: f"启动防汛抗旱{degree}级应急响应", CHANGE: f"应急响应调整为{degree}级"}
    text = f"{word.get(action, '结束应急响应')}（{document}）{note}"
    duty_log.write(tx, text, who=who, kind="response", now=now)
    people.record(tx.connection, now=now, who=who, action=f"response {action}", what=text)
