"""Which pages the bar and the menu name."""

from typing import NamedTuple

from flask import Flask, current_app, request
from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from floodwatch.model.people import Role
from floodwatch.web.demo import jumps, opening, speeds
from floodwatch.web.guard import allowed
from floodwatch.web.here import here
from floodwatch.web.language import _
from floodwatch.web.overview import Night, board_at, night_at
from floodwatch.web.services import services


def navigation() -> list[tuple[str, str]]:
    """(endpoint, words) of the bar."""
    found = [("overview.show", _("总览")), ("alerts.index", _("告警"))]
    if allowed(Role.OFFICER):
        found.append(("calls.show", _("叫应")))
    found.append(("station.index", _("站点")))
    if here().demonstration:
        found.append(("calls.inbox", _("示范手机")))
    return found


def current_page() -> str:
    """The endpoint of the bar that this page belongs to."""
    named = [endpoint for endpoint, _words in navigation()]
    if request.endpoint in named:
        return str(request.endpoint)
    group = f"{request.blueprint}."
    return next((endpoint for endpoint in named if endpoint.startswith(group)), "")


class Entry(NamedTuple):
    """A page of the menu, and who finds it there."""

    endpoint: str
    words: LazyString
    role: str = Role.VIEWER


MENU: tuple[tuple[LazyString, tuple[Entry, ...]], ...] = (
    (
        _l("值班"),
        (
            Entry("sheets.bulletin", _l("水情日报")),
            Entry("sheets.handover", _l("交接班单"), Role.OFFICER),
            Entry("duty_log.show", _l("值班日志")),
            Entry("ledger.show", _l("叫应台账")),
            Entry("plans.show", _l("预案")),
            Entry("responses.show", _l("应急响应")),
            Entry("manual.show", _l("人工录入"), Role.OFFICER),
            Entry("registers.show", _l("台账登记")),
        ),
    ),
    (
        _l("运行"),
        (
            Entry("care.show", _l("静默与维护")),
            Entry("delivery.heard", _l("来信与通道"), Role.OFFICER),
            Entry("delivery.show_exercises", _l("通知演练"), Role.OFFICER),
            Entry("rehearsal.show", _l("预演"), Role.ENGINEER),
            Entry("health.show", _l("运行状况")),
            Entry("sources.show", _l("数据来源"), Role.OFFICER),
        ),
    ),
    (
        _l("管理"),
        (
            Entry("imports.index", _l("导入"), Role.ENGINEER),
            Entry("accounts.show", _l("用户与令牌"), Role.ADMIN),
        ),
    ),
)


def menu() -> list[tuple[str, list[Entry]]]:
    """The groups of the menu with the pages this user may open."""
    known = current_app.view_functions
    found = [
        (str(title), [e for e in entries if e.endpoint in known and allowed(e.role)])
        for title, entries in MENU
    ]
    return [(title, entries) for title, entries in found if entries]


def night() -> Night:
    """How quiet the last night was, for the bar."""
    with services().database.read() as connection:
        return night_at(connection)


def coverage() -> object:
    """Coverage of this moment, for the bar."""
    with services().database.read() as connection:
        return board_at(connection).coverage


def install(app: Flask) -> None:
    """Make the bar's contents known to the templates."""
    app.jinja_env.globals.update(
        navigation=navigation,
        current_page=current_page,
        menu=menu,
        coverage=coverage,
        night=night,
        demo_jumps=jumps,
        demo_speeds=speeds,
        demo_opening=opening,
    )
