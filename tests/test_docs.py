"""What people can set, call or be told is documented."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from pydantic import BaseModel

from floodwatch.cli import COMMANDS
from floodwatch.config.plan_file import PlanTable
from floodwatch.config.recipient_file import PersonTable, RouteTable
from floodwatch.config.service_file import ServiceTable, SourcesTable, WatchTable
from floodwatch.config.station_file import GaugeTable, ReportingTable, StationTable
from floodwatch.config.threshold_file import RuleTable, ThresholdTable
from floodwatch.model.quality import Reason
from floodwatch.model.variable import VARIABLES
from floodwatch.notify.channels import CHANNELS
from floodwatch.notify.channels import TABLES as CHANNEL_TABLES
from floodwatch.rules.registry import PARAMETERS

ROOT = Path(__file__).parent.parent
TABLES: tuple[type[BaseModel], ...] = (
    ServiceTable,
    *CHANNEL_TABLES.values(),
    SourcesTable,
    WatchTable,
    StationTable,
    ReportingTable,
    GaugeTable,
    ThresholdTable,
    RuleTable,
    PersonTable,
    RouteTable,
    PlanTable,
)


@cache
def words() -> frozenset[str]:
    """Every word that stands in `code` on some page."""
    pages = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
    spans = re.findall(r"`([^`\n]+)`", "\n".join(page.read_text("utf-8") for page in pages))
    return frozenset(word for span in spans for word in re.findall(r"[A-Za-z_][\w/%]*", span))


def settings() -> Iterator[str]:
    for table in TABLES:
        for name, field in table.model_fields.items():
            yield field.alias or name


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_documented(command: str) -> None:
    assert set(command.split("-")) <= words()


@pytest.mark.parametrize("type_", PARAMETERS)
def test_every_rule_and_its_parameters_are_documented(type_: str) -> None:
    assert {type_, *PARAMETERS[type_]} <= words()


@pytest.mark.parametrize("channel", [*CHANNELS, "inbox"])
def test_every_channel_is_documented(channel: str) -> None:
    assert channel in words()


@pytest.mark.parametrize("reason", [reason.name for reason in Reason])
def test_every_reason_of_doubt_is_documented(reason: str) -> None:
    assert reason in words()


@pytest.mark.parametrize("key", sorted(set(settings())))
def test_every_setting_is_documented(key: str) -> None:
    assert key in words()


@pytest.mark.parametrize("variable", VARIABLES)
def test_every_variable_is_documented(variable: str) -> None:
    assert variable in words()


@pytest.mark.parametrize(
    "document", [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")], ids=lambda p: p.name
)
def test_what_a_document_points_to_is_there(document: Path) -> None:
    links = re.findall(r"\]\(([^)#\s]+)\)", document.read_text("utf-8"))
    missing = [
        link for link in links if "://" not in link and not (document.parent / link).exists()
    ]
    assert not missing
