"""What the files say becomes the words of the model."""

import json
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from floodwatch import config
from floodwatch.config.check_bands import ranges, season_mask
from floodwatch.model.clock import HOUR, MINUTE
from floodwatch.model.reading import SeriesKey
from floodwatch.model.season import Season
from floodwatch.model.severity import Severity
from floodwatch.model.threshold import Comparator, Threshold
from tests.config.conftest import Folder

SHANGHAI = ZoneInfo("Asia/Shanghai")


def _named(folder: Folder, name: str, station: str = "61990001") -> list[Threshold]:
    found = config.load(folder.path).thresholds
    return [t for t in found if t.name == name and t.station == station]


def _ms(text: str) -> int:
    return round(datetime.fromisoformat(text).replace(tzinfo=SHANGHAI).timestamp() * 1000)


def test_documents_are_json_and_build_again(folder: Folder) -> None:
    texts = config.documents(folder.path)

    again = json.loads(json.dumps(texts))

    assert config.build(again) == config.load(folder.path)
    assert texts["curves/61990001.csv"].startswith("stage_m")


def test_gauges_have_units_periods_and_ranges(folder: Folder) -> None:
    gauges = config.load(folder.path).gauges

    rain = gauges[SeriesKey("61990001", "1", "rainfall", 5 * MINUTE)]
    depth = gauges[SeriesKey("61990011", "1", "ponding_depth")]
    assert rain.unit == "mm"
    assert (depth.unit, depth.source, depth.zero) == ("mm", "distance", 1578)


def test_rain_without_a_period_has_that_of_a_timed_report(folder: Folder) -> None:
    folder.edit("stations.toml", ', period = "5min"', "")

    assert SeriesKey("61990001", "1", "rainfall", HOUR) in config.load(folder.path).gauges


def test_a_template_reaches_every_station_with_the_gauge(folder: Folder) -> None:
    for station in ("61990011", "61990012"):
        (depth,) = _named(folder, "depth_25", station)
        assert (depth.value, depth.clear) == (0.25, 0.22)
        assert (depth.severity, depth.label) == (Severity.III, "积水25厘米")


def test_an_own_threshold_outweighs_the_template_of_its_name(folder: Folder) -> None:
    folder.append(
        "thresholds.toml",
        '[[threshold]]\nstation = "61990012"\nvariable = "ponding_depth"\nname = "depth_25"\n'
        'severity = "I"\nat_or_above = 0.2\n',
    )

    assert [t.value for t in _named(folder, "depth_25", "61990012")] == [0.2]
    assert [t.value for t in _named(folder, "depth_25", "61990011")] == [0.25]


def test_a_template_of_a_point_type_outweighs_the_plain_one(folder: Folder) -> None:
    folder.append(
        "thresholds.toml",
        '[[threshold]]\nkind = "waterlogging"\npoint_type = "underpass"\n'
        'variable = "ponding_depth"\nname = "depth_25"\nseverity = "I"\nat_or_above = 0.25\n',
    )

    assert _named(folder, "depth_25", "61990012")[0].severity is Severity.I
    assert _named(folder, "depth_25", "61990011")[0].severity is Severity.III


def test_a_clear_level_that_is_not_given_is_the_customary_one(folder: Folder) -> None:
    flood, design = _named(folder, "flood_limit")[0], _named(folder, "design_flood")[0]

    assert (flood.comparator, flood.clear) == (Comparator.ABOVE, 95.20)  # a weir
    assert design.clear == 96.79
    assert (flood.label, design.label) == ("汛限水位", "设计洪水位")


def test_dates_begin_at_eight_and_the_last_day_is_included(folder: Folder) -> None:
    dates = 'name = "design_flood"\nvalid_from = 2026-03-01\nvalid_to = 2026-12-31'
    folder.edit("thresholds.toml", 'name = "design_flood"', dates)

    (design,) = _named(folder, "design_flood")

    assert design.valid_from == _ms("2026-03-01T08:00")
    assert design.valid_to == _ms("2027-01-01T08:00")


def test_dates_are_those_of_the_station_s_own_zone(folder: Folder) -> None:
    folder.edit("stations.toml", 'outlet = "weir"', 'tz = "Europe/Berlin"')
    folder.edit(
        "thresholds.toml", 'name = "design_flood"', 'name = "design_flood"\nvalid_from = 2026-07-01'
    )

    assert _named(folder, "design_flood")[0].valid_from == _ms("2026-07-01T14:00")


SEASONS = """
[[threshold]]
station = "61990001"
variable = "stage"
name = "order"
severity = "IV"
above = {value}
{rest}
"""


def _orders(folder: Folder, *rest: str) -> list[str]:
    for number, lines in enumerate(rest):
        text = SEASONS.format(value=94 + number / 10, rest=lines)
        folder.append("thresholds.toml", text)
    return [problem.what for problem in folder.problems()]


def test_a_dated_order_may_replace_a_season_for_a_time(folder: Folder) -> None:
    assert not _orders(
        folder,
        'season = "04-01/09-30"',
        'season = "10-01/03-31"\nvalid_to = 2026-02-28',
        'season = "10-01/03-31"\nvalid_from = 2026-03-01\nvalid_to = 2026-12-31',
        'season = "10-01/03-31"\nvalid_from = 2027-01-01',
    )


def test_an_order_for_part_of_a_year_need_only_cover_that_part(folder: Folder) -> None:
    part = 'season = "05-01/06-30"\nvalid_from = 2026-05-10\nvalid_to = 2026-06-20'
    assert not _orders(folder, part)


def test_a_season_that_only_begins_some_day_names_the_time_before(folder: Folder) -> None:
    begins = 'season = "05-01/06-30"\nvalid_from = 2026-05-10'
    (what,) = _orders(folder, begins, 'season = "07-01/04-30"')

    assert what.endswith("has no value on 05-01 to 06-30 before 2026-05-10")


def test_dates_that_leave_days_between_them_are_refused(folder: Folder) -> None:
    (what,) = _orders(folder, "valid_to = 2026-02-28", "valid_from = 2026-03-05")

    assert "2026-03-01 to 2026-03-05" in what


def test_dates_that_overlap_are_refused(folder: Folder) -> None:
    (what,) = _orders(folder, "valid_to = 2026-03-01", "valid_from = 2026-03-01")

    assert "two values on the same days" in what


def test_a_value_for_part_of_the_year_only_must_say_so(folder: Folder) -> None:
    (what,) = _orders(folder, 'season = "05-01/09-30"')
    assert "10-01 to 04-30" in what

    folder.edit("thresholds.toml", '05-01/09-30"', '05-01/09-30"\nonly_in_season = true')
    assert folder.problems() == []


def test_limits_of_different_seasons_are_not_held_against_each_other(folder: Folder) -> None:
    folder.append(
        "thresholds.toml",
        SEASONS.format(value=95.4, rest='season = "05-01/06-30"\nonly_in_season = true').replace(
            '"IV"', '"III"'
        ),
    )
    assert folder.problems() == []  # above 95.20 of its season, though below 95.60 of winter


@pytest.mark.parametrize(
    ("season", "days"),
    [
        (Season((4, 1), (6, 30)), 91),
        (Season((10, 1), (3, 31)), 183),
        (Season((1, 1), (12, 31)), 366),
    ],
)
def test_a_season_has_all_its_days(season: Season, days: int) -> None:
    mask = season_mask(season)

    assert mask.bit_count() == days
    first, last = ("{:02d}-{:02d}".format(*day) for day in (season.first, season.last))
    assert ranges(mask) == f"{first} to {last}"


def test_plans_and_maps_are_read(folder: Folder) -> None:
    folder.write(
        "plans.toml",
        '[[plan]]\ntitle = "Leave"\nseverity = "I"\nkind = "reservoir"\nsteps = ["a", "b"]\n',
    )
    folder.write("map/water.geojson", '{"type": "FeatureCollection", "features": []}')

    district = config.load(folder.path)

    assert district.plans[0].steps == ("a", "b")
    assert district.map_layers == ("water",)
