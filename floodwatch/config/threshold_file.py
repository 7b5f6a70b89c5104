"""thresholds.toml: thresholds and the settings of rules."""

from typing import Any, ClassVar

from pydantic import Field

from floodwatch.config.fields import (
    Duration,
    GaugeName,
    Kind,
    Moment,
    SeasonDays,
    SeverityWord,
    Table,
    VariableName,
    Word,
)
from floodwatch.model.district import RuleSetting
from floodwatch.model.threshold import Comparator


class ThresholdTable(Table):
    """[[threshold]]; exactly one of the six comparators, for a station or a kind of station."""

    spare: ClassVar[frozenset[str]] = frozenset({"clear", "source", "label"})

    station: str | None = None
    kind: Kind | None = None
    point_type: str = ""  # narrows `kind`
    variable: VariableName = Field(description='such as variable = "stage"')
    gauge: GaugeName = "1"
    name: Word = Field(description='such as name = "flood_limit"')
    severity: SeverityWord = Field(description='such as severity = "IV"')
    above: float | None = None
    at_or_above: float | None = None
    below: float | None = None
    at_or_below: float | None = None
    rise: float | None = None
    fall: float | None = None
    clear: float | None = None
    unit: str = ""
    window: Duration | None = None
    season: SeasonDays | None = None
    only_in_season: bool = False
    valid_from: Moment | None = None
    valid_to: Moment | None = None
    source: str = ""
    order: str = ""  # number of the document of a dated order
    label: str = ""

    @property
    def comparators(self) -> list[Comparator]:
        """Those given; one when the table is right."""
        return [c for c in Comparator if getattr(self, c.value) is not None]

    @property
    def complete(self) -> bool:
        """Whether it says whose it is and how to compare."""
        whose = (self.station is None) != (self.kind is None)
        return whose and len(self.comparators) == 1

    @property
    def comparator(self) -> Comparator:
        """The one given."""
        return self.comparators[0]

    @property
    def value(self) -> float:
        """The value as written."""
        value: float = getattr(self, self.comparator.value)
        return value


class RuleTable(Table):
    """[[rule]]: settings of the rules of one type."""

    type: Word = Field(description='such as type = "level"')
    station: str = ""
    kind: Kind | None = None
    variable: VariableName | None = None
    hold_up: Duration | None = None
    hold_down: Duration | None = None
    enabled: bool = True
    parameters: dict[str, Any] = Field(default_factory=dict)


def setting_of(table: RuleTable) -> RuleSetting:
    """The setting in the words of the model."""
    return RuleSetting(
        type=table.type,
        station=table.station,
        kind=table.kind.value if table.kind else "",
        variable=table.variable or "",
        hold_up=table.hold_up,
        hold_down=table.hold_down,
        enabled=table.enabled,
        parameters=dict(table.parameters),
    )
