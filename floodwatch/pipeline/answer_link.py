"""Puts a link to answer by into mails to those who owe an answer."""

import secrets
from collections.abc import Sequence

from sqlalchemy import Connection

from floodwatch.model.district import District
from floodwatch.notify.figures import clean
from floodwatch.notify.link import LASTS, Grant, signed
from floodwatch.pipeline import faults
from floodwatch.store import dispatch
from floodwatch.store.clockwork import set_setting, setting
from floodwatch.store.database import Transaction
from floodwatch.store.outbox import EXERCISE, Claimed

NAME = "answer_key"


def key(connection: Connection) -> bytes | None:
    """The key of this database's links; None while none was ever made."""
    found = setting(connection, NAME)
    return bytes.fromhex(found) if isinstance(found, str) else None


def made_key(tx: Transaction) -> bytes:
    """The key, made at first use."""
    if (known := key(tx.connection)) is not None:
        return known
    fresh = secrets.token_bytes(32)
    set_setting(tx, NAME, fresh.hex())
    return fresh


def links(
    tx: Transaction, rows: Sequence[Claimed], *, district: District, now: int
) -> dict[int, str]:
    """Row -> the line with its link, for those whose receiver owes an answer.

    The address comes from the configuration, never from a request. Whatever fails here, the mails
    go without.
    """
    found: dict[int, str] = {}
    faults.attempt(
        tx, "links to answer by", lambda: found.update(_links(tx, rows, district=district, now=now))
    )
    return found


def _links(
    tx: Transaction, rows: Sequence[Claimed], *, district: District, now: int
) -> dict[int, str]:
    base = clean(district.service.get("url") or "").rstrip("/")
    if not base:
        return {}
    found = {}
    for row in rows:
        if _asks(tx.connection, row, district):
            grant = Grant(row.person, row.alert_id, now + LASTS)
            zh = district.people[row.person].language == "zh"
            said = "本人应答（打开后按“收到”）：" if zh else "Answer (open, then confirm): "
            found[row.id] = f"{said}{base}/answer/{signed(grant, made_key(tx))}"
    return found


def _asks(connection: Connection, row: Claimed, district: District) -> bool:
    """Whether an answer is asked of the receiver, who must be known."""
    if row.person not in district.people:
        return False
    if row.kind == EXERCISE or row.kind == "digest":
        return True
    return row.alert_id is not None and dispatch.owes(connection, row.person, [row.alert_id])
