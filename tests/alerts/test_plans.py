"""Which clauses of the plans an alert calls for."""

from typing import Any

import pytest

from floodwatch.alerts.plans import Asked, applicable, in_force
from floodwatch.model.district import Plan
from floodwatch.model.severity import Severity

DAM = "61990003"


def asked(**more: Any) -> Asked:
    return Asked(DAM, "reservoir", "level", "design_flood", Severity.II, 1000)._replace(**more)


def titles(*plans: Plan, **more: Any) -> list[str]:
    return [plan.title for plan in applicable(plans, asked(**more))]


def plan(title: str = "P", severity: Severity = Severity.III, **more: Any) -> Plan:
    return Plan(title, severity, **more)


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"station": DAM},
        {"kind": "reservoir"},
        {"type": "level"},
        {"name": "design_flood"},
        {"valid_from": 1000, "valid_to": 1001},
    ],
)
def test_a_clause_that_is_bound_to_the_alert_applies(more: dict[str, Any]) -> None:
    assert titles(plan(**more)) == ["P"]


@pytest.mark.parametrize(
    "more",
    [
        {"severity": Severity.I},
        {"station": "61990004"},
        {"kind": "pump"},
        {"type": "rainfall"},
        {"name": "check_flood"},
        {"valid_from": 1001},
        {"valid_to": 1000},
    ],
)
def test_a_clause_that_is_bound_elsewhere_does_not(more: dict[str, Any]) -> None:
    assert titles(plan(**more)) == []


def test_the_gravest_comes_first_and_the_station_s_own_before_its_kind_s() -> None:
    mild = plan("mild")
    grave = plan("grave", Severity.II)
    own = plan("own", Severity.II, station=DAM)
    assert titles(mild, grave, own) == ["own", "grave", "mild"]


def test_a_clause_is_in_force_from_its_first_moment_until_before_its_end() -> None:
    dated = plan(valid_from=10, valid_to=20)
    assert [in_force(dated, at) for at in (9, 10, 19, 20)] == [False, True, True, False]
