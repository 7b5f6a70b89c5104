"""/calls/ledger: the ledger of calls (叫应台账) by shift, day or alert; printable, and as CSV."""

import csv
import io
from collections import Counter
from datetime import date, timedelta
from typing import NamedTuple

from flask import Blueprint, Response, render_template, request

from floodwatch.model.clock import DAY
from floodwatch.model.errors import Refused
from floodwatch.model.moment import on_day, parse_day
from floodwatch.model.people import Role, Shift
from floodwatch.store import ledger
from floodwatch.store.ledger import Line
from floodwatch.web.csv_cells import safe
from floodwatch.web.guard import needs
from floodwatch.web.here import here
from floodwatch.web.language import _
from floodwatch.web.services import services
from floodwatch.web.words import DUTIES, local, numeral, place, word

blueprint = Blueprint("ledger", __name__)
PATTERN = "%Y-%m-%d %H:%M:%S"


class Wanted(NamedTuple):
    """What the reader asked for, and the span (service ms) that follows from it."""

    start: int
    end: int
    day: str = ""
    shift: str = ""
    alert: int | None = None


@blueprint.get("/calls/ledger")
@needs(Role.VIEWER)
def show() -> str:
    """The ledger as a page to print."""
    wanted, found = _asked()
    return render_template(
        "ledger.html",
        wanted=wanted,
        lines=found,
        count=Counter(line.outcome for line in found),
        shifts=[shift.name for shift in here().district.shifts],
        stations=here().district.stations,
        outcomes=outcomes(),
        ways=ways(),
    )


@blueprint.get("/calls/ledger.csv")
@needs(Role.VIEWER)
def download() -> Response:
    """The same lines for a spreadsheet."""
    wanted, found = _asked()
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(_heads())
    writer.writerows(_cells(line) for line in found)
    name = f"ledger-{wanted.alert or wanted.day or 'latest'}.csv"
    response = Response("\ufeff" + text.getvalue(), mimetype="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def outcomes() -> dict[str, str]:
    """The customary words of the ledger."""
    return {
        ledger.REACHED: _("已叫应"),
        ledger.OPEN: _("未叫应"),
        ledger.PASSED: _("转他人"),
        ledger.OVER: _("无需再答"),
    }


def ways() -> dict[str, str]:
    """How somebody was asked."""
    return {"call": _("电话"), "text": _("短信"), "screen": _("上屏")}


def _asked() -> tuple[Wanted, list[Line]]:
    with services().database.read() as connection:
        present = here(connection)
        wanted = _wanted(present.now)
        found = ledger.lines(connection, start=wanted.start, end=wanted.end, alert_id=wanted.alert)
    return wanted, found


def _wanted(now: int) -> Wanted:
    number = request.args.get("alert", "")
    if number:
        if not (number.isascii() and number.isdigit() and len(number) < 12):
            raise Refused(_("%(n)s 不是告警号", n=number))
        return Wanted(0, now + DAY, alert=int(number))
    given = request.args.get("date", "")
    if not given:
        return Wanted(now - DAY, now + 1)
    try:
        return _of_day(parse_day(given), request.args.get("shift", ""))
    except Refused as error:
        raise Refused(_("%(day)s 不是日期", day=given)) from error


def _of_day(day: date, name: str) -> Wanted:
    found = next((s for s in here().district.shifts if s.name == name), None)
    shift = found or Shift("", (), 0, 0)
    zone = here().tz
    start, end = on_day(day, shift.start, zone), on_day(day, shift.end, zone)
    if end <= start:
        end = on_day(day + timedelta(days=1), shift.end, zone)
    return Wanted(start, end, day.isoformat(), shift.name)


def _heads() -> list[str]:
    return [
        *(_("叫应时间"), _("告警号"), _("站点"), _("事项"), _("级别"), _("被叫人"), _("代谁")),
        *(
            _("方式"),
            _("结果"),
            _("答复时间"),
            _("用时（分）"),
            _("由谁"),
            _("自动呼叫"),
            _("人工呼叫"),
        ),
    ]


def _cells(line: Line) -> list[str | int]:
    when = "" if line.ended_at is None else local(line.ended_at, here().tz).strftime(PATTERN)
    return [
        local(line.opened_at, here().tz).strftime(PATTERN),
        line.alert_id,
        safe(place(line.station)),
        safe(line.label),
        numeral(line.severity),
        safe(_("值班室") if line.party == "room" else line.party),
        safe(_("值班室") if line.stands_for == "room" else line.stands_for),
        ways().get(line.way, line.way),
        f"{outcomes()[line.outcome]}（{word(DUTIES, line.state)}）",
        when,
        "" if line.minutes is None else line.minutes,
        safe(line.ended_by or ""),
        line.calls,
        len(line.by_hand),
    ]
