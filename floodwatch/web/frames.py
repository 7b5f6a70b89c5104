"""/frames: what telemetry stations really sent, and what became of it; /pictures: what they saw."""

import re
from http import HTTPStatus
from typing import Any, NamedTuple

from flask import Blueprint, Response, abort, render_template, request
from flask_babel import lazy_gettext as _l

from floodwatch.model.people import Role
from floodwatch.model.telemetry import Fate
from floodwatch.sources.sl651.decode import decode
from floodwatch.sources.sl651.elements import BY_IDENT, KINDS
from floodwatch.sources.sl651.frame import Frame
from floodwatch.sources.sl651.message import Dialect, Element, Message
from floodwatch.sources.sl651.packets import Assembly
from floodwatch.sources.sl651.readings import Book, book_of, gauge_for
from floodwatch.sources.sl651.scan import scan
from floodwatch.store import frames, pictures
from floodwatch.web.guard import needs
from floodwatch.web.here import here
from floodwatch.web.services import services

blueprint = Blueprint("frames", __name__)
AT_ONCE = 100
FUNCTIONS = {
    0x2F: _l("链路维持"),
    0x30: _l("测试报"),
    0x31: _l("均匀时段报"),
    0x32: _l("定时报"),
    0x33: _l("加报"),
    0x34: _l("小时报"),
    0x35: _l("人工置数"),
    0x36: _l("图片报"),
    0x37: _l("查询实时数据"),
    0x38: _l("查询时段数据"),
    0x39: _l("查询人工置数"),
    0x3A: _l("查询指定要素"),
    0x4A: _l("设置时钟"),
    0x51: _l("查询时钟"),
}
FATES = {
    Fate.TAKEN.value: _l("已入库"),
    Fate.REPEATED.value: _l("重发"),
    Fate.TEST.value: _l("测试"),
    Fate.REFUSED.value: _l("未收"),
}


class Line(NamedTuple):
    """One value of a frame: the element and its name, when, how much, and which gauge it fills."""

    element: Element
    name: str
    time: int | None
    value: float | str | None
    gauge: str


@blueprint.get("/frames")
@needs(Role.OFFICER)
def index() -> str:
    """The newest frames, by station and by what became of them."""
    station, outcome = request.args.get("station", "").strip(), request.args.get("outcome", "")
    before = request.args.get("before", "")
    address = station.upper() if re.fullmatch(r"[0-9A-Fa-f]{10}", station) else ""
    with services().database.read() as connection:
        found = frames.listed(
            connection,
            station="" if address else station,
            address=address,
            outcome=outcome if outcome in FATES else "",
            before=int(before) if before.isdecimal() and len(before) < 19 else None,
            limit=AT_ONCE,
        )
    return render_template(
        "frames.html",
        rows=found,
        station=station,
        outcome=outcome if outcome in FATES else "",
        fates=FATES,
        functions=FUNCTIONS,
        more=len(found) == AT_ONCE,
    )


@blueprint.get("/frames/<int:frame_id>")
@needs(Role.OFFICER)
def show(frame_id: int) -> str:
    """One frame: its bytes, its elements, and the gauges they fill."""
    with services().database.read() as connection:
        row = frames.one(connection, frame_id)
    if row is None:
        abort(HTTPStatus.NOT_FOUND)
    book = book_of(here().district)
    whole = _whole(row.raw)
    known = book.get(row.address)
    message = decode(whole, known.dialect if known else Dialect(zone=book.zone)) if whole else None
    return render_template(
        "frame.html",
        row=row,
        message=message,
        lines=_lines(message, book) if message else [],
        fates=FATES,
        functions=FUNCTIONS,
        password=whole.password if whole else "",
        centre=whole.centre if whole else None,
    )


@blueprint.get("/pictures/<int:picture_id>")
@needs(Role.VIEWER)
def picture(picture_id: int) -> Response:
    """A picture; what is none is only handed out as a file."""
    with services().database.read() as connection:
        found = pictures.data(connection, picture_id)
    if found is None:
        abort(HTTPStatus.NOT_FOUND)
    mime, data = found
    response = Response(data, mimetype=mime)
    response.headers["Cache-Control"] = "private, max-age=300"
    if mime != "image/jpeg":
        response.headers["Content-Disposition"] = "attachment; filename=picture.bin"
    return response


def _whole(raw: bytes) -> Frame | None:
    """The message of these bytes: one frame, or the packets that are one together."""
    assembly = Assembly()
    for frame in scan(raw, final=True).frames:
        if (whole := assembly.add(frame, 0).whole) is not None:
            return whole
    left = assembly.abandon(2**62)
    return left[0] if left else None


def _lines(message: Message, book: Book) -> list[Line]:
    lines: list[Line] = []
    for element in message.elements:
        name, gauge = _name(element), _gauge(element, book)
        if isinstance(element.value, tuple):
            lines += [Line(element, name, at, value, gauge) for at, value in element.slots()]
        else:
            lines.append(Line(element, name, element.time, element.value, gauge))
    return lines


def _name(element: Element) -> str:
    kind = BY_IDENT.get(element.id)
    if kind is None and re.fullmatch(r"[0-9A-F]{2}", element.id):
        kind = KINDS.get(int(element.id, 16))
    return kind.zh if kind else ""


def _gauge(element: Element, book: Book) -> str:
    known = book.get(element.station)
    gauge: Any = gauge_for(element, known.station) if known and element.variable else None
    return "" if gauge is None else f"{gauge.variable}@{gauge.gauge}"
