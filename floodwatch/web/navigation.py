"""Which pages the bar and the menu name."""

from flask import Flask, request

from floodwatch.model.people import Role
from floodwatch.web.demo import jumps, speeds
from floodwatch.web.guard import allowed
from floodwatch.web.here import here
from floodwatch.web.language import _
from floodwatch.web.overview import board_at
from floodwatch.web.services import services


def navigation() -> list[tuple[str, str]]:
    """(endpoint, words) of the bar."""
    found = [("overview.show", _("总览")), ("alerts.index", _("告警"))]
    if allowed(Role.OFFICER):
        found.append(("calls.show", _("叫应")))
    found.append(("station.index", _("站点")))
    if here().demonstration:
        found.append(("calls.inbox", _("示范手机")))
    if allowed(Role.ENGINEER):
        found.append(("imports.index", _("导入")))
    return found


def current_page() -> str:
    """The endpoint of the bar that this page belongs to."""
    named = [endpoint for endpoint, _words in navigation()]
    if request.endpoint in named:
        return str(request.endpoint)
    group = f"{request.blueprint}."
    return next((endpoint for endpoint in named if endpoint.startswith(group)), "")


def side_pages() -> list[tuple[str, str]]:
    """(endpoint, words) of the menu."""
    found = [
        ("sheets.bulletin", _("水情日报")),
        ("duty_log.show", _("值班日志")),
        ("plans.show", _("预案")),
        ("registers.show", _("台账登记")),
        ("responses.show", _("应急响应")),
        ("care.show", _("静默与维护")),
        ("health.show", _("运行状况")),
    ]
    if allowed(Role.OFFICER):
        found.insert(1, ("sheets.handover", _("交接班单")))
        found.append(("delivery.heard", _("来信与通道")))
        found.append(("delivery.show_exercises", _("通知演练")))
    if allowed(Role.ADMIN):
        found.append(("accounts.show", _("用户与令牌")))
    return found


def coverage() -> object:
    """Coverage of this moment, for the bar."""
    with services().database.read() as connection:
        return board_at(connection).coverage


def install(app: Flask) -> None:
    """Make the bar's contents known to the templates."""
    app.jinja_env.globals.update(
        navigation=navigation,
        current_page=current_page,
        side_pages=side_pages,
        coverage=coverage,
        demo_jumps=jumps,
        demo_speeds=speeds,
    )
