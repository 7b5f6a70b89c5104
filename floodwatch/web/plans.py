"""/plans: the plans in force, to be read and printed; and their steps on an alert's page."""

from typing import Any, NamedTuple

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue
from sqlalchemy import Connection

from floodwatch.alerts.plans import Asked, applicable, in_force
from floodwatch.config.past import plans_of
from floodwatch.model.district import Plan
from floodwatch.model.errors import Refused
from floodwatch.model.people import Role
from floodwatch.model.severity import Severity
from floodwatch.store import alert_log, plans
from floodwatch.web.care import done, field, me
from floodwatch.web.guard import needs
from floodwatch.web.here import here
from floodwatch.web.language import _
from floodwatch.web.services import now, services

blueprint = Blueprint("plans", __name__)


class Step(NamedTuple):
    """A step of a clause, and the row of its tick when it is done."""

    text: str
    tick: dict[str, Any] | None


class Clause(NamedTuple):
    """A clause as an alert's page shows it."""

    plan: Plan
    steps: list[Step]

    @property
    def done(self) -> int:
        """How many steps are ticked off."""
        return sum(step.tick is not None for step in self.steps)


def clauses(connection: Connection, alert: dict[str, Any]) -> list[Clause]:
    """What the plans of the alert's day call for, with what is ticked off."""
    station = here().district.stations.get(alert["station"])
    asked = Asked(
        alert["station"],
        station.kind.value if station else "",
        alert["type"],
        alert["band"],
        Severity(alert["worst"]),
        alert["fired_at"],
    )
    ticked = {(t["plan"], t["step"]): t for t in plans.ticks(connection, alert["id"])}
    day = plans_of(connection, alert["config_version"], now=here().district)
    return [
        Clause(plan, [Step(step, ticked.get((plan.title, step))) for step in plan.steps])
        for plan in applicable(day, asked)
    ]


@blueprint.get("/plans")
@needs(Role.VIEWER)
def show() -> str:
    """Every clause in force, by plan; then those to come and those that have ended."""
    with services().database.read() as connection:
        at = here(connection).now
    known = here().district.plans
    other = [plan for plan in known if not in_force(plan, at)]
    sources: dict[str, list[Plan]] = {}
    for plan in known:
        if plan not in other:
            sources.setdefault(plan.source, []).append(plan)
    return render_template(
        "plans.html", sources=sources, other=other, stations=here().district.stations
    )


@blueprint.post("/alerts/<int:alert_id>/ticks")
@needs(Role.OFFICER)
def tick(alert_id: int) -> ResponseReturnValue:
    """A step is done."""
    given = services()
    with given.database.write() as tx:
        here(tx.connection)
        alert = alert_log.alert(tx.connection, alert_id)
        wanted = (field("plan"), field("step"))
        known = clauses(tx.connection, alert) if alert else []
        if wanted not in {(c.plan.title, step.text) for c in known for step in c.steps}:
            raise Refused("the plan of that day has no such step; reload the page")
        plans.tick(
            tx,
            alert_id,
            plan=wanted[0],
            step=wanted[1],
            who=me(),
            note=field("note")[:1000],
            now=now(given, tx.connection),
        )
    return done(_("已勾选，记入值班日志"), "alerts.detail", alert_id=alert_id)


@blueprint.post("/ticks/<int:tick_id>/undo")
@needs(Role.OFFICER)
def undo(tick_id: int) -> ResponseReturnValue:
    """A tick was a mistake."""
    given = services()
    with given.database.write() as tx:
        alert_id = plans.undo(tx, tick_id, who=me(), now=now(given, tx.connection))
    return done(_("已撤回"), "alerts.detail", alert_id=alert_id)
