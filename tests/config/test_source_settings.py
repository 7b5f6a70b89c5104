"""[sources]: what is wrong with a source is said with a remedy."""

from typing import Any

import pytest

from floodwatch import config
from floodwatch.model.errors import ConfigError
from floodwatch.model.source import configured
from tests.pipeline.town import FILES

SQL = """
[[sources.sql]]
name = "county"
url = "mysql+pymysql://reader@10.0.0.8:3306/slt323"
tables = [{preset = "ST_RIVER_R"}]
"""
HTTP = """
[[sources.http]]
name = "upstream"
url = "https://example.org/{since}"
station = "s"
time = "t"
values = {v = "stage:m"}
"""


def problems(text: str) -> str:
    with pytest.raises(ConfigError) as refused:
        built(text)
    return str(refused.value)


def built(text: str) -> Any:
    return config.build({**FILES, "floodwatch.toml": FILES["floodwatch.toml"] + text})


def test_sources_are_known_by_kind_and_name() -> None:
    assert [name for name, _, _ in configured(built(SQL + HTTP))] == ["sql:county", "http:upstream"]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("ST_RIVER_R", "ST_RSVR_R", 'storage_unit = "million_m3" or "wan_m3"'),
        ("reader@", "reader:secret@", "FLOODWATCH_SQL_NAME_PASSWORD"),
        ("mysql+pymysql", "mysql+mysqldb", "did you mean 'mysql+pymysql'?"),
        ('"county"', '"County!"', "up to 24 small letters"),
        ('{preset = "ST_RIVER_R"}', '{name = "V"}', "a table without a preset needs name and"),
        ('"ST_RIVER_R"}', '"ST_RIVER_R", values = {Z = "stage"}}', "does not say its unit"),
        ('"ST_RIVER_R"}', '"ST_RIVER_R", values = {Z = "stage:L/s"}}', "is not a unit of stage"),
        ('name = "county"', 'name = "county"\nevery = "1s"', "use 30s or more"),
        ('name = "county"', 'name = "county"\npassword = "x"', "secrets do not belong in these"),
        ('name = "county"', 'name = "county"\ntz = "Asia/Shanghia"', "did you mean 'Asia/Shanghai"),
    ],
)
def test_what_is_wrong_with_a_database_is_said(old: str, new: str, said: str) -> None:
    assert said in problems(SQL.replace(old, new))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("https://example.org", "ftp://example.org", "begin with http:// or https://"),
        ("{since}", "{from}", "{since}, {until}, {site}"),
        ('station = "s"\n', "", 'station_is = "61990001"'),
        ('time = "t"\n', "", 'time = "dateTime"'),
        ('values = {v = "stage:m"}', "", 'values = {level = "stage:m"}'),
        ('time = "t"', 'time = "t"\nrows = "a[["', "is not a path into JSON"),
        ('url = "https://example.org/{since}"', 'preset = "ea"', 'sites = ["…"]'),
        ('time = "t"', 'time = "t"\nallow = ["10.0.0.0/99"]', "is not a network"),
    ],
)
def test_what_is_wrong_with_a_service_is_said(old: str, new: str, said: str) -> None:
    assert said in problems(HTTP.replace(old, new))


def test_two_sources_of_one_kind_may_not_share_a_name() -> None:
    assert "two sources http with the name 'upstream'" in problems(HTTP + HTTP)


def test_a_library_that_is_not_installed_is_named_with_its_extra(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert "install the extra mysql" in problems(SQL)
