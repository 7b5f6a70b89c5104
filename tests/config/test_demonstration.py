"""The demonstration district is the one that is described, and nothing in it is real."""

from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from floodwatch import config
from floodwatch.model.district import District
from floodwatch.model.severity import Severity
from floodwatch.model.station import StationKind
from floodwatch.rules.registry import compile_rules

FOLDER = Path(__file__).parents[2] / "config"
# code: bed, normal pool, storage there (10⁴ m³), exponent; and storages (10⁴ m³) to be met at
# dead level, drought limit, normal pool, design flood and crest
CURVES = {
    "61990001": (82.0, 93.0, 62, 2.2, (3.56, 11.93, 62.0, 76.46, 98.88)),
    "61990002": (70.5, 79.5, 38, 2.1, (2.58, 7.29, 38.0, 48.41, 62.43)),
    "61990003": (96.0, 104.0, 21, 2.0, (1.59, 4.25, 21.0, 25.12, 32.16)),
    "61990004": (60.0, 67.2, 29, 2.0, (1.81, 5.03, 29.0, 37.16, 49.43)),
    "61990005": (75.0, 82.0, 16, 2.0, (1.31, 3.56, 16.0, 20.64, 27.04)),
    "61990006": (53.0, 59.5, 12, 1.9, (1.05, 2.59, 12.0, 15.55, 20.43)),
}


@cache
def district() -> District:
    return config.load(FOLDER)


def test_it_is_marked_as_a_demonstration_with_the_inbox_alone() -> None:
    assert district().demonstration
    assert set(district().channels) == {"log", "inbox"}
    for route in district().routes:
        assert route.screen_only or route.channels == ("inbox",)


def test_every_station_is_fictional() -> None:
    for station in district().stations.values():
        assert station.code.startswith("6199")
        assert station.name.startswith("示范")


def test_nobody_can_be_dialled_or_written_to() -> None:
    for person in district().people.values():
        assert person.name.startswith("示范")
        assert person.phone.startswith("+8610000000")
        assert person.email.endswith("@example.com")


def test_every_file_says_that_it_is_fictional() -> None:
    for path in FOLDER.rglob("*.*"):
        assert "示范数据 · 非真实" in path.read_text(encoding="utf-8"), path


def test_it_has_the_68_points_of_coverage() -> None:
    kinds = Counter(station.kind for station in district().stations.values())
    dam = [g for g in district().gauges.values() if g.variable in ("seepage", "piezometric_stage")]

    assert kinds == {
        StationKind.RESERVOIR: 6,
        StationKind.RAIN: 6,
        StationKind.LAKE: 1,
        StationKind.GATE: 1,
        StationKind.RIVER: 1,
        StationKind.PUMP: 3,
        StationKind.WATERLOGGING: 8,
        StationKind.METER: 23,
        StationKind.SUPPLY: 6,
    }
    assert len(dam) == 13
    assert kinds.total() + len(dam) == 68


@pytest.mark.parametrize("code", CURVES)
def test_curves_follow_the_formula_every_quarter_of_a_metre(code: str) -> None:
    bed, normal, wan_m3, exponent, _ = CURVES[code]
    curve = district().stations[code].curve

    for stage, storage in curve:
        formula = wan_m3 * 1e4 * ((stage - bed) / (normal - bed)) ** exponent
        assert storage == pytest.approx(formula, abs=0.06)
    stages = [stage for stage, _ in curve]
    crest = district().stations[code].crest or 0.0
    assert stages[:-1] == [pytest.approx(bed + 0.25 * n) for n in range(len(stages) - 1)]
    assert stages[-1] >= crest + 0.75


@pytest.mark.parametrize("code", CURVES)
def test_storages_at_the_levels_are_those_of_the_table(code: str) -> None:
    bed, normal, wan_m3, exponent, wanted = CURVES[code]
    station = district().stations[code]
    levels = {t.name: t.value for t in district().thresholds if t.station == code}
    stages = (
        levels["dead_level"],
        levels["drought_limit"],
        station.normal_pool,
        levels["design_flood"],
        station.crest,
    )
    for stage, storage in zip(stages, wanted, strict=True):
        assert stage is not None
        formula = wan_m3 * ((stage - bed) / (normal - bed)) ** exponent
        assert formula == pytest.approx(storage, abs=0.011)


def test_a_weir_is_the_mildest_notice_and_a_gated_limit_is_staged() -> None:
    by_name = Counter((t.station, t.name) for t in district().thresholds)

    assert by_name[("61990003", "spill")] == 1
    assert by_name[("61990001", "flood_limit")] == 3
    order = [t for t in district().thresholds if t.source.startswith("示防〔2026〕1号")]
    assert [(t.station, t.value) for t in order] == [("61990005", 80.5)]


def test_underpasses_close_at_25_cm_with_the_worst_severity() -> None:
    limits = [t for t in district().thresholds if t.station == "61990012"]
    steps = {t.value: t.severity for t in limits if t.comparator.direction == "up"}
    assert steps == {0.05: Severity.IV, 0.15: Severity.III, 0.25: Severity.I}


def test_every_person_of_a_station_is_known_and_rules_can_be_made() -> None:
    rules = compile_rules(district())

    assert {rule.key.station for rule in rules} >= set(CURVES)
