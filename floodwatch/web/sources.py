"""/sources: the outside sources, how each stands and what it was refused; ask one now."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l
from sqlalchemy import Connection

from floodwatch.model.district import District
from floodwatch.model.errors import Refused
from floodwatch.model.people import Role
from floodwatch.model.source import configured
from floodwatch.pipeline import source_watch
from floodwatch.store import people, source_log
from floodwatch.store.source_log import SourceState, Standing
from floodwatch.web.care import done, field, me
from floodwatch.web.guard import needs
from floodwatch.web.here import here
from floodwatch.web.language import _
from floodwatch.web.services import now, services

blueprint = Blueprint("sources", __name__)
ASKED = ("sql", "http", "drop")  # kinds that can be asked now
KINDS = {
    "sl651": _l("遥测站"),
    "mqtt": _l("MQTT"),
    "sql": _l("数据库"),
    "http": _l("网络接口"),
    "drop": _l("投放目录"),
    "push": _l("推送"),
}


class Line(NamedTuple):
    """One source; `lag` ms is the age of its newest reading."""

    state: SourceState
    configured: bool
    fails: bool
    lag: int | None

    @property
    def name(self) -> str:
        """As it is called everywhere."""
        return self.state.name

    @property
    def asked(self) -> bool:
        """Whether it can be asked now."""
        return self.configured and self.state.kind in ASKED


def lines(connection: Connection, district: District, *, now: int) -> list[Line]:
    """Every configured source, then those that were."""
    tables = {name: (kind, table) for name, kind, table in configured(district)}
    known = source_log.states(connection)
    tables.pop("push", None)  # its tokens speak for it

    def made(name: str) -> Line:
        kind, table = tables.get(name, (name.partition(":")[0], None))
        state = known.get(name, SourceState(name, kind))
        standing = Standing(*(getattr(state, field) for field in Standing._fields))
        finding = source_watch.CLEAR
        if table is not None:
            finding = source_watch.judged(standing, table, now=now)
        lag = None if state.newest is None else max(0, now - state.newest)
        return Line(state, table is not None, finding.severity is not None, lag)

    return [made(name) for name in dict.fromkeys([*tables, *known])]


@blueprint.get("/sources")
@needs(Role.OFFICER)
def show() -> str:
    """All of them."""
    with services().database.read() as connection:
        present = here(connection)
        found = lines(connection, present.district, now=present.now)
    return render_template("sources.html", lines=found, kinds=KINDS)


@blueprint.post("/sources/poll")
@needs(Role.ENGINEER)
def poll() -> ResponseReturnValue:
    """Ask a source now: the engine does it within a second or two."""
    name = field("name")
    with services().database.read() as connection:
        district = here(connection).district
        at = now(services(), connection)
    if not any(n == name and kind in ASKED for n, kind, _table in configured(district)):
        raise Refused(f"there is no source {name!r} that could be asked; see [sources]")
    with services().database.write() as tx:
        source_log.ask_now(tx, name, at=at)
        people.record(tx.connection, now=at, who=me(), action="source poll", what=name)
    return done(_("已要求立即取数：%(name)s", name=name), "sources.show")


def metrics(found: list[Line]) -> str:
    """For Prometheus, by source."""
    numbers: Mapping[str, tuple[str, Iterator[tuple[str, float | int]]]] = {
        "floodwatch_source_failures": (
            "gauge",
            ((line.name, line.state.failures) for line in found),
        ),
        "floodwatch_source_lag_seconds": (
            "gauge",
            ((line.name, line.lag / 1000) for line in found if line.lag is not None),
        ),
        "floodwatch_source_last_success_seconds": (
            "gauge",
            (
                (line.name, line.state.last_success / 1000)
                for line in found
                if line.state.last_success is not None
            ),
        ),
    }
    text = ""
    for name, (kind, values) in numbers.items():
        rows = "".join(f'{name}{{source="{_label(s)}"}} {value}\n' for s, value in values)
        text += f"# TYPE {name} {kind}\n{rows}" if rows else ""
    rows = "".join(
        f'floodwatch_source_values_total{{source="{_label(line.name)}",outcome="{outcome}"}} '
        f"{count}\n"
        for line in found
        for outcome, count in line.state.counts._asdict().items()
    )
    return text + (f"# TYPE floodwatch_source_values_total counter\n{rows}" if rows else "")


def _label(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ")
