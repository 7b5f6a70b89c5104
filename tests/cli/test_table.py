"""Plain text in columns."""

from floodwatch.cli.table import columns


def test_chinese_names_take_two_places_each() -> None:
    rows = [["61990001", "示范水库", "m"], ["61990002", "Weir", "m"]]
    assert columns(rows) == "61990001  示范水库  m\n61990002  Weir      m"


def test_no_rows_are_no_text() -> None:
    assert columns([]) == ""
