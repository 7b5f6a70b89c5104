"""/manual: readings taken by eye, entered on a phone; a doubtful one is asked about (人工录入)."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from http import HTTPStatus
from typing import Any

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l
from sqlalchemy import Connection

from floodwatch.model.batch import Batch
from floodwatch.model.clock import HOUR
from floodwatch.model.district import District
from floodwatch.model.errors import FloodWatchError
from floodwatch.model.moment import iso_local, on_day, parse
from floodwatch.model.people import Role
from floodwatch.model.reading import Latest, Outcome, SeriesKey
from floodwatch.pipeline import by_hand
from floodwatch.pipeline.by_hand import Before, Entered, Line, Question
from floodwatch.store import board, entered, people
from floodwatch.web import refusal_words
from floodwatch.web.care import field as form_field
from floodwatch.web.care import me
from floodwatch.web.guard import needs
from floodwatch.web.here import here
from floodwatch.web.language import _
from floodwatch.web.services import now as service_time
from floodwatch.web.services import services
from floodwatch.web.words import figure, local, scale, unit

blueprint = Blueprint("manual", __name__)
LONGEST_REASON = 400
SHOWN_ENTRIES = 40
OUTCOMES = {
    Outcome.STORED: _l("已入库"),
    Outcome.DUPLICATE: _l("已有同样的值"),
    Outcome.CORRECTED: _l("已更正"),
    Outcome.MISSING: _l("这是“无值”的数，没有入库"),
    Outcome.QUARANTINED: _l("时间超前，已隔离等人判断"),
    Outcome.REJECTED: _l("没有入库"),
}


@dataclass
class Entry:
    """A line of the page: what is known, what was typed, what became of it."""

    line: Line
    name: str  # of its fields
    known: Before
    expected: tuple[float, float] | None
    typed: str = ""
    reason: str = ""
    confirmed: bool = False
    problem: str = ""
    asked: list[Question] = field(default_factory=list)
    value: float | None = None
    outcome: str = ""

    @property
    def needs_reason(self) -> bool:
        """Whether an earlier value of the same time is to be replaced."""
        return any(question.doubt is by_hand.Doubt.OTHER for question in self.asked)


@blueprint.get("/manual")
@needs(Role.OFFICER)
def show() -> str:
    """Every station with what was last known of it, and the fields."""
    with services().database.read() as connection:
        present = here(connection)
        entries = _entries(connection, present.district, present.now)
    return _page(entries, _usual_time(present.now), status="")


@blueprint.post("/manual")
@needs(Role.OFFICER)
def enter() -> ResponseReturnValue:
    """Take what is plausible or confirmed; ask about the rest, with everything typed kept."""
    given = services()
    with given.database.read() as connection:
        present = here(connection)
        entries = _entries(connection, present.district, present.now)
        at = parse(form_field("time"), present.tz)
        for entry in entries:
            _read(entry)
        typed = [entry for entry in entries if entry.typed]
        _look_up(connection, typed, at)
    for entry in typed:
        _question(entry, at, present.now)
    ready = [
        e for e in typed if e.value is not None and not e.problem and (e.confirmed or not e.asked)
    ]
    _hand_in(ready, at)
    left = sum(not entry.outcome for entry in typed)
    status = _("入库 %(n)s 个", n=sum(bool(entry.outcome) for entry in typed))
    if left:
        status += _("，还有 %(n)s 个要看一下", n=left)
    code = HTTPStatus.OK if typed else HTTPStatus.CONFLICT
    return _page(
        entries, local(at, present.tz), status=status if typed else _("没有填任何值")
    ), code


def _entries(connection: Connection, district: District, now: int) -> list[Entry]:
    latest = board.latest(connection)
    return [_entry(line, latest) for line in by_hand.lines_by_key(district, now).values()]


def _entry(line: Line, latest: Mapping[SeriesKey, Latest]) -> Entry:
    known = by_hand.before(line, latest)
    name = f"{line.station.code}/{line.variable}/{line.period}"
    return Entry(line, name, known, by_hand.expected(line, known))


def _page(entries: list[Entry], time: datetime, *, status: str) -> str:
    first = [entry for entry in entries if _is_first(entry)]
    with services().database.read() as connection:
        done = entered.newest(connection, limit=SHOWN_ENTRIES)
    groups: dict[str, list[Entry]] = {}
    for entry in sorted(entries, key=lambda e: (not e.line.configured, e.line.station.order)):
        groups.setdefault(entry.line.station.kind.value, []).append(entry)
    return render_template(
        "manual.html",
        groups=groups,
        first={entry.name for entry in first},
        time=time,
        status=status,
        done=done,
        question=_words,
        scale=scale,
        manual=by_hand.SOURCE,
    )


def _is_first(entry: Entry) -> bool:
    """Whether the line shows at once: a gauge without telemetry, or what the station is for."""
    line = entry.line
    own = by_hand.lines_of(line.station)
    return (
        line.configured
        or bool(entry.typed)
        or (not any(o.configured for o in own) and line == own[0])
    )


def _usual_time(now: int) -> datetime:
    """Today 08:00 for the morning's round, else the present minute."""
    tz = here().tz
    present = local(now, tz)
    morning = on_day(present.date(), 8 * HOUR, tz)
    if morning <= now < morning + 4 * HOUR:
        return local(morning, tz)
    return present


def _read(entry: Entry) -> None:
    """What was typed for a line."""
    entry.typed = request.form.get(f"value/{entry.name}", "").strip()
    entry.reason = request.form.get(f"reason/{entry.name}", "").strip()[:LONGEST_REASON]
    confirmed = request.form.get(f"confirm/{entry.name}", "")
    entry.confirmed = bool(confirmed) and confirmed == entry.typed
    if not entry.typed:
        return
    text = entry.typed.translate(_DIGITS).replace("，", ".").replace("。", ".").replace(",", ".")
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number) or len(text) > 20:
        entry.problem = _("不是数字")
        return
    factor, _unit, _decimals = scale(entry.line.variable)
    entry.value = number if factor == 1.0 else round(number / factor, 9)


_DIGITS = str.maketrans("０１２３４５６７８９．－", "0123456789.-")


def _look_up(connection: Connection, typed: list[Entry], at: int) -> None:
    """What stands by hand at the same time."""
    stands = entered.standing(connection, [entry.line.key for entry in typed], at)
    for entry in typed:
        entry.known = entry.known._replace(same_time=stands.get(entry.line.key))


def _question(entry: Entry, at: int, now: int) -> None:
    if entry.value is None or entry.problem:
        return
    entry.asked = by_hand.questions(Entered(entry.line, entry.value, at), entry.known, now=now)
    if entry.confirmed and entry.needs_reason and not entry.reason:
        entry.confirmed, entry.problem = False, _("更正要写原因")


def _hand_in(ready: list[Entry], at: int) -> None:
    """Into the store by the way of all readings; each with a line in the audit."""
    if not ready:
        return
    given, who = services(), me()
    readings = tuple(Entered(e.line, e.value or 0.0, at).raw for e in ready)
    try:
        receipt = given.submit(Batch(by_hand.SOURCE, readings))
    except FloodWatchError as error:
        for entry in ready:
            entry.problem = _("没有存上，请再试：%(why)s", why=error)
        return
    reasons = {rejection.index: rejection.reason for rejection in receipt.rejected}
    with given.database.write() as tx:
        now = service_time(given, tx.connection)
        for index, (entry, outcome) in enumerate(zip(ready, receipt.outcomes, strict=True)):
            if outcome is Outcome.REJECTED:
                entry.problem = refusal_words.said(reasons.get(index, outcome.value))
                continue
            entry.outcome = str(OUTCOMES[outcome])
            people.record(
                tx.connection,
                now=now,
                who=who,
                action=entered.ACTION,
                what=_told(entry, at, outcome),
                before=entry.known.same_time,
                after=_kept(entry, at, outcome),
            )


def _told(entry: Entry, at: int, outcome: Outcome) -> str:
    key = entry.line.key
    when = iso_local(at, here().district.zone_of(key.station))
    why = f": {entry.reason}" if entry.reason else ""
    return f"{key.station} {key.variable} {when} = {entry.value:g} ({outcome.value}){why}"[:1000]


def _kept(entry: Entry, at: int, outcome: Outcome) -> dict[str, Any]:
    key = entry.line.key._asdict()
    doubts = [question.doubt.value for question in entry.asked]
    return key | {
        "time": at,
        "value": entry.value,
        "outcome": outcome.value,
        "reason": entry.reason,
        "confirmed": doubts,
    }


def _words(entry: Entry, question: Question) -> str:
    """What is asked about a value, in the words of the room."""
    variable = entry.line.variable
    beside = (
        f"{figure(question.beside, variable)} {unit(variable)}"
        if question.beside is not None
        else ""
    )
    match question.doubt:
        case by_hand.Doubt.SLIP:
            meant = f"{figure(question.meant, variable)} {unit(variable)}"
            return _("上次 %(b)s，是不是 %(m)s？", b=beside, m=meant)
        case by_hand.Doubt.JUMP:
            return _("和上次 %(b)s 差得多", b=beside)
        case by_hand.Doubt.OTHER:
            return _("这个时间已有人工值 %(b)s，要更正请写原因", b=beside)
        case by_hand.Doubt.OUTSIDE:
            return _("超出这个测点的范围")
        case by_hand.Doubt.IMPOSSIBLE:
            return _("不像是这个量的值")
        case by_hand.Doubt.AHEAD:
            return _("时间还没到")
        case _:
            return _("是两天以前的时间")
