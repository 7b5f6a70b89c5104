"""Dated orders in the files: beside the standing limits, never two at once."""

from floodwatch import config
from floodwatch.model.threshold import ruling
from tests.config.conftest import Folder

STATION, YEAR = "61990001", 365 * 86_400_000
ORDER = """
[[threshold]]
station = "61990001"
variable = "stage"
name = "{name}"
severity = "IV"
above = {value}
valid_from = {first}
valid_to = {last}
order = "{order}"
"""


def order(folder: Folder, **keys: object) -> None:
    usual = {
        "name": "flood_limit",
        "value": 94.9,
        "first": "2026-07-01",
        "last": "2026-07-31",
        "order": "示防〔2026〕1号",
    }
    text = folder.text("thresholds.toml")
    folder.write("thresholds.toml", text + ORDER.format(**(usual | keys)))


def test_an_order_overlaps_what_it_replaces_without_a_word(folder: Folder) -> None:
    order(folder)
    assert folder.problems() == []
    district = config.load(folder.path)
    mine = [t for t in district.thresholds if (t.station, t.name) == (STATION, "flood_limit")]
    [made] = [t for t in mine if t.order]
    assert made.valid_from is not None
    assert [t.value for t in ruling(mine, made.valid_from, district.tz)] == [94.9]
    before = [t.value for t in ruling(mine, made.valid_from - 1, district.tz)]
    assert before
    assert 94.9 not in before


def test_two_orders_of_one_name_at_once_are_refused(folder: Folder) -> None:
    order(folder)
    order(folder, first="2026-07-31", last="2026-08-31", order="示防〔2026〕2号")
    assert any("two values on the same days" in p.what for p in folder.problems())


def test_orders_that_follow_each_other_are_fine(folder: Folder) -> None:
    order(folder)
    order(folder, first="2026-08-01", last="2026-08-31", order="示防〔2026〕2号")
    assert folder.problems() == []


def test_an_order_beyond_a_worse_limit_is_refused(folder: Folder) -> None:
    order(folder, value=97.5)
    assert any("does not lie further out" in p.what for p in folder.problems())
