"""plans.toml: what a plan says is to be done at a station at a severity; dated and sourced."""

from pydantic import Field

from floodwatch.config.fields import Kind, Moment, SeverityWord, Table, Word
from floodwatch.model.district import Plan


class PlanTable(Table):
    """[[plan]]"""

    title: Word = Field(description="what the clause is called")
    severity: SeverityWord = Field(description='from which severity it applies, such as "II"')
    station: str = ""
    kind: Kind | None = None
    steps: list[str] = Field(default_factory=list)
    source: str = ""
    type: str = ""
    name: str = ""
    version: str = ""
    responsible: list[Word] = Field(default_factory=list)
    households: str = ""
    valid_from: Moment | None = None
    valid_to: Moment | None = None


def plan_of(table: PlanTable, *, valid_from: int | None, valid_to: int | None) -> Plan:
    """The plan in the words of the model."""
    return Plan(
        title=table.title,
        severity=table.severity,
        station=table.station,
        kind=table.kind.value if table.kind else "",
        steps=tuple(table.steps),
        source=table.source,
        type=table.type,
        name=table.name,
        version=table.version,
        responsible=tuple(table.responsible),
        households=table.households,
        valid_from=valid_from,
        valid_to=valid_to,
    )
