"""Names of columns tell variables and units, in Chinese and in English."""

import pytest

from floodwatch.sources.csv.headers import Header, header, role_of, unit_of, variable_of


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("WaterLevel(m)", Header("WaterLevel", "m")),
        ("水位（米）", Header("水位", "m")),
        ("水位(公尺)", Header("水位", "m")),
        ("有效蓄水量(萬立方公尺)", Header("有效蓄水量", "wan_m3")),
        ("雨量 [mm]", Header("雨量", "mm")),
        ("dist_mm", Header("dist", "mm")),
        ("level(furlong)", Header("level", "", "furlong")),
        ("WaterLevel", Header("WaterLevel")),
        ("flow_in", Header("flow_in")),
    ],
)
def test_units_in_headers_are_found(text: str, expected: Header) -> None:
    assert header(text) == expected


@pytest.mark.parametrize(
    ("name", "variable"),
    [
        ("水位", "stage"),
        ("Water_Level", "stage"),
        ("降雨量", "rainfall"),
        ("rainfall", "rainfall"),
        ("蓄水量", "storage"),
        ("积水深", "ponding_depth"),
        ("Year", ""),
        ("pH", "ph"),
    ],
)
def test_variables_are_known_by_their_names(name: str, variable: str) -> None:
    assert variable_of(name) == variable


@pytest.mark.parametrize(
    ("name", "role"), [("站名", "station"), ("TM", "time"), ("value(m)", "value"), ("batt_v", "")]
)
def test_roles_are_known_by_their_names(name: str, role: str) -> None:
    assert role_of(name) == role


def test_units_have_many_words() -> None:
    words = ["厘米", "m³/s", "万m³", "℃", "acre-ft", "parsec"]
    assert [unit_of(word) for word in words] == ["cm", "m3/s", "wan_m3", "degC", "acre_ft", ""]
