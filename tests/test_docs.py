"""What people can set, call or be told is documented."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from flask import Flask
from pydantic import BaseModel

from floodwatch.cli import COMMANDS
from floodwatch.config.plan_file import PlanTable
from floodwatch.config.recipient_file import AwayTable, DutyTable, PersonTable, RouteTable
from floodwatch.config.roster_file import GroupTable, HolidayTable, ShiftTable
from floodwatch.config.service_file import ServiceTable, SourcesTable, WatchTable
from floodwatch.config.station_file import GaugeTable, ReportingTable, StationTable
from floodwatch.config.text_table import TextTable
from floodwatch.config.threshold_file import RuleTable, ThresholdTable
from floodwatch.model.quality import Reason
from floodwatch.model.variable import VARIABLES
from floodwatch.notify.channels import CHANNELS
from floodwatch.notify.channels import TABLES as CHANNEL_TABLES
from floodwatch.rules.registry import PARAMETERS
from floodwatch.sources.http_settings import HttpTable
from floodwatch.sources.sl651.settings import Sl651StationTable, Sl651Table
from floodwatch.sources.sql_settings import SqlTable, SqlTableTable
from floodwatch.store import tables
from floodwatch.web.pages import GROUPS

ROOT = Path(__file__).parent.parent
TABLES: tuple[type[BaseModel], ...] = (
    ServiceTable,
    *CHANNEL_TABLES.values(),
    SourcesTable,
    Sl651Table,
    Sl651StationTable,
    SqlTable,
    SqlTableTable,
    HttpTable,
    WatchTable,
    StationTable,
    ReportingTable,
    GaugeTable,
    ThresholdTable,
    RuleTable,
    PersonTable,
    AwayTable,
    RouteTable,
    DutyTable,
    GroupTable,
    ShiftTable,
    HolidayTable,
    PlanTable,
    TextTable,
)
HIDDEN = ("rev", "alert_id")  # columns that no answer shows
FOLDERS = ("floodwatch", "tests", "scripts", "docs", "config")
UNNAMED = ("assets", "favicon.ico")  # pictures and scripts of the pages


@cache
def words() -> frozenset[str]:
    """Every word that stands in `code` on some page."""
    pages = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
    spans = re.findall(r"`([^`\n]+)`", "\n".join(page.read_text("utf-8") for page in pages))
    return frozenset(word for span in spans for word in re.findall(r"[A-Za-z_][\w/%]*", span))


@cache
def paths() -> frozenset[str]:
    """Every address that stands in `code` in the reference, its variable parts as X."""
    text = (ROOT / "docs" / "reference.md").read_text("utf-8")
    spans = " ".join(re.findall(r"`([^`\n]+)`", text)).split()
    return frozenset(re.sub(r"\b[A-Z]+\b", "X", span) for span in spans if span[0] == "/")


def routes() -> Iterator[tuple[str, bool]]:
    """(address, whether it can be looked at) of pages and interface."""
    app = Flask("pages", static_folder=None)
    for group in GROUPS:
        app.register_blueprint(group.blueprint)
    for rule in app.url_map.iter_rules():
        yield str(rule), "GET" in (rule.methods or ())


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


@pytest.mark.parametrize("route", sorted({rule for rule, look in routes() if look}))
def test_every_page_is_documented(route: str) -> None:
    known = re.sub(r"<[^>]*>", "X", route)
    beside = re.sub(r"/(progress|cancel)$", "", known)  # what a page asks while it waits
    assert {known, beside} & paths() or route.split("/")[1] in UNNAMED


@pytest.mark.parametrize("table", ["alert", "alert_event", "obligation"])
def test_every_field_of_an_alert_is_documented(table: str) -> None:
    columns = {column.name for column in getattr(tables, table).c} - {*HIDDEN, "id"}
    assert columns <= words()


@pytest.mark.parametrize("variable", VARIABLES)
def test_every_variable_is_documented(variable: str) -> None:
    assert variable in words()


@pytest.mark.parametrize(
    "document", [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")], ids=lambda p: p.name
)
def test_what_a_document_points_to_is_there(document: Path) -> None:
    links = re.findall(r"\]\(([^)#\s]*)(?:#([^)\s]+))?\)", document.read_text("utf-8"))
    missing = [
        link + anchor
        for link, anchor in links
        if "://" not in link and not there(document, link, anchor)
    ]
    assert not missing


def there(document: Path, link: str, anchor: str) -> bool:
    """Whether the file exists and has a heading of this anchor."""
    target = document.parent / link if link else document
    if not anchor or not target.is_file():
        return target.exists()
    heads = re.findall(r"^#+ (.+)$", target.read_text("utf-8"), re.MULTILINE)
    return anchor in {re.sub(r"[^\w -]", "", head.lower()).replace(" ", "-") for head in heads}


def test_decisions_are_numbered_without_a_gap_and_say_what_enforces_them() -> None:
    pages = sorted((ROOT / "docs" / "decisions").glob("*.md"))
    heads = [page.read_text("utf-8").splitlines()[0] for page in pages]
    assert [page.name[:4] for page in pages] == [f"{n:04}" for n in range(1, len(pages) + 1)]
    assert all(
        head.startswith(f"# {page.name[:4]} ") for page, head in zip(pages, heads, strict=True)
    )
    assert all("**What enforces it.**" in page.read_text("utf-8") for page in pages)


@pytest.mark.parametrize(
    "document", [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")], ids=lambda p: p.name
)
def test_every_file_that_a_document_names_is_there(document: Path) -> None:
    named = set(re.findall(r"`([\w./-]+\.(?:py|lock|service))`", document.read_text("utf-8")))
    known = [f"/{path.relative_to(ROOT)}" for path in files()]
    absent = [name for name in named if not any(path.endswith(f"/{name}") for path in known)]
    assert absent == []


@cache
def files() -> tuple[Path, ...]:
    """The files of the repository."""
    return (*ROOT.glob("*.*"), *(p for top in FOLDERS for p in (ROOT / top).rglob("*.*")))
