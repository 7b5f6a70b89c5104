"""/bulletin and /handover: the 08:00 report and the hand-over sheet, to copy, print and send."""

from datetime import date, datetime, timedelta

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from floodwatch.model.errors import Refused
from floodwatch.model.moment import parse, parse_day
from floodwatch.model.people import Role
from floodwatch.pipeline.circulate import BULLETIN, HANDOVER, circulate
from floodwatch.reports import bulletin as wording
from floodwatch.reports import handover as sheet
from floodwatch.reports.gather import facts, latest_day
from floodwatch.reports.present import shift_until
from floodwatch.reports.shift_facts import Shift
from floodwatch.web.guard import needs
from floodwatch.web.here import here
from floodwatch.web.language import _
from floodwatch.web.services import now, services

blueprint = Blueprint("sheets", __name__)


def _day() -> date:
    """The day asked for, or the newest whose 08:00 is past."""
    asked = request.values.get("date", "")
    return parse_day(asked) if asked else latest_day(here().now, here().tz)


def _report(day: date) -> str:
    found = here()
    return wording.text(facts(services().database, found.district, day, now=found.now))


@blueprint.get("/bulletin")
@needs(Role.VIEWER)
def bulletin() -> str:
    """水情日报 of a day."""
    day = _day()
    newest = latest_day(here().now, here().tz)
    return render_template(
        "bulletin.html",
        day=day,
        before=day - timedelta(days=1),
        after=day + timedelta(days=1) if day < newest else None,
        newest=newest,
        lines=_report(day).splitlines(),
        people=here().district.people,
    )


@blueprint.get("/bulletin/<day>.txt")
@needs(Role.VIEWER)
def bulletin_text(day: str) -> Response:
    """The same as plain text: 复制文字."""
    return Response(_report(parse_day(day)), mimetype="text/plain; charset=utf-8")


@blueprint.post("/bulletin")
@needs(Role.OFFICER)
def send_bulletin() -> ResponseReturnValue:
    """Send the report to chosen people."""
    day = _day()
    number = day.year * 10_000 + day.month * 100 + day.day
    _send(_report(day), kind=BULLETIN, number=number)
    return redirect(url_for("sheets.bulletin", date=day.isoformat()))


def _shift() -> Shift:
    found = here()
    asked = request.values.get("since", "")
    start = parse(asked, found.tz) if asked else sheet.began(found.now, found.district)
    return shift_until(services().database, found.district, start=start, end=found.now)


@blueprint.get("/handover")
@needs(Role.OFFICER)
def handover() -> str:
    """交接班单 since the shift began."""
    found = _shift()
    return render_template(
        "handover.html",
        title=sheet.title(found, here().district),
        parts=sheet.parts(found, here().district),
        since=f"{datetime.fromtimestamp(found.start / 1000, here().tz):%Y-%m-%dT%H:%M}",
        people=here().district.people,
    )


@blueprint.get("/handover.txt")
@needs(Role.OFFICER)
def handover_text() -> Response:
    """The same as plain text."""
    said = sheet.text(_shift(), here().district)
    return Response(said, mimetype="text/plain; charset=utf-8")


@blueprint.post("/handover")
@needs(Role.OFFICER)
def send_handover() -> ResponseReturnValue:
    """Send the sheet to chosen people."""
    _send(sheet.text(_shift(), here().district), kind=HANDOVER, number=here().now)
    return redirect(url_for("sheets.handover", since=request.form.get("since", "")))


def _send(text: str, *, kind: str, number: int) -> None:
    people = request.form.getlist("person")
    if not people:
        raise Refused("nobody was chosen; tick at least one person")
    given, who = services(), current_user.person or current_user.name
    with given.database.write() as tx:
        names = circulate(
            tx,
            text,
            kind=kind,
            day=number,
            people=people,
            district=here().district,
            who=who,
            now=now(given, tx.connection),
        )
    flash(_("%(who)s 已交付发送：%(names)s", who=who, names="、".join(names)), "done")
