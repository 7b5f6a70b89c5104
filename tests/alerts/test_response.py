"""What the open alerts speak for; nothing starts by itself."""

from typing import Any

import pytest

from floodwatch.alerts.response import proposal
from floodwatch.model.severity import Severity

I, II, III, IV = (Severity[name] for name in ("I", "II", "III", "IV"))  # noqa: E741


def alert(number: int, severity: Severity, **more: Any) -> dict[str, Any]:
    usual = {
        "id": number,
        "station": f"6199000{number}",
        "type": "level",
        "direction": "up",
        "origin": "live",
        "suspect": False,
        "resolved_at": None,
        "severity": int(severity),
    }
    return usual | more


def level(*alerts: dict[str, Any]) -> Severity | None:
    found = proposal(alerts)
    return found.level if found else None


def test_nothing_is_proposed_for_mild_alerts() -> None:
    assert level(alert(1, IV), alert(2, IV), alert(3, III)) is None


@pytest.mark.parametrize(
    ("alerts", "expected"),
    [
        ([alert(1, III), alert(2, III)], IV),
        ([alert(1, II)], III),
        ([alert(1, I)], II),
        ([alert(1, I), alert(2, I), alert(3, I)], I),
    ],
)
def test_the_graver_and_the_wider_the_higher(
    alerts: list[dict[str, Any]], expected: Severity
) -> None:
    assert level(*alerts) is expected


def test_two_alerts_of_one_station_are_one_place() -> None:
    same = {"station": "61990001"}
    assert level(alert(1, III, **same), alert(2, III, type="rainfall", **same)) is None


@pytest.mark.parametrize(
    "more",
    [
        {"type": "stale"},
        {"type": "system"},
        {"direction": "down"},
        {"origin": "import"},
        {"suspect": True},
        {"resolved_at": 5},
    ],
)
def test_what_is_no_flood_speaks_for_nothing(more: dict[str, Any]) -> None:
    assert level(alert(1, I, **more)) is None


def test_the_proposal_names_its_alerts() -> None:
    found = proposal([alert(1, II), alert(2, IV)])
    assert found is not None
    assert (found.alerts, found.stations) == ((1,), 1)
