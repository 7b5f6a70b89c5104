"""Thresholds and rules that cannot be are refused with their line and field."""

import pytest

from tests.config.conftest import Case, Folder, check

CASES = (
    Case(
        "above the crest", "96.80", "98.01", "threshold[3].at_or_above", "above the crest", "crest"
    ),
    Case("order reversed", "96.80", "95.30", "threshold[3].at_or_above", "further out", "worse"),
    Case(
        "unknown station",
        '"61990001"',
        '"61990002"',
        "threshold[1].station",
        "unknown",
        "did you mean",
    ),
    Case(
        "unknown gauge",
        'name = "design_flood"',
        'gauge = "2"\nname = "design_flood"',
        "threshold[3].gauge",
        "has no gauge '2' of stage",
        "stage 1",
    ),
    Case(
        "variable without gauge",
        'variable = "rainfall"',
        'variable = "inflow"',
        "threshold[4].window",
        "no window",
        "",
    ),
    Case(
        "season gap", "10-01/03-31", "10-02/03-30", "threshold[2].season", "03-31, 10-01", "only_in"
    ),
    Case("season overlap", "10-01/03-31", "09-30/03-31", "threshold[2].season", "(09-30)", ""),
    Case("no such day", "10-01/03-31", "10-01/02-30", "threshold[2].season", "02-30", ""),
    Case(
        "clear on the wrong side", "clear = 22", "clear = 26", "threshold[5].clear", "dangerous", ""
    ),
    Case(
        "two comparators",
        "above = 95.20",
        "above = 95.20\nbelow = 90",
        "threshold[1]",
        "exactly",
        "",
    ),
    Case("no comparator", "at_or_above = 96.80", "", "threshold[3]", "exactly one", "above"),
    Case("rain without window", 'window = "1h"', "", "threshold[4].window", "without a window", ""),
    Case("window too long", 'window = "1h"', 'window = "4d"', "threshold[4].window", "72", ""),
    Case(
        "unit of a threshold",
        '"cm"\nat_or_above = 25\nclear',
        '"kPa"\nat_or_above = 25\nclear',
        "threshold[5].unit",
        "fit",
        "cm",
    ),
    Case(
        "impossible value",
        'unit = "cm"\nat_or_above = 25\nclear',
        "at_or_above = 35\n# clear",
        "threshold[5].at_or_above",
        "cannot be",
        "written in m",
    ),
    Case(
        "template without gauge",
        '\nkind = "waterlogging"\nvariable = "ponding_depth"\nname',
        '\nkind = "lake"\nvariable = "ponding_depth"\nname',
        "threshold[5].kind",
        "no lake station",
        "remove",
    ),
    Case("unknown severity", '"IV"', '"V"', "threshold[1].severity", "not a severity", "IV, III"),
    Case(
        "ends before it begins",
        'name = "design_flood"',
        'name = "design_flood"\nvalid_from = 2026-05-01\nvalid_to = 2026-04-01',
        "threshold[3].valid_to",
        "before it begins",
        "",
    ),
    Case(
        "station and kind",
        '\nkind = "waterlogging"\nvariable = "ponding_depth"\nname',
        '\nkind = "waterlogging"\nstation = "61990011"\nvariable = "ponding_depth"\nname',
        "threshold[5]",
        "exactly one of station and kind",
        "",
    ),
    Case(
        "unknown rule",
        'type = "level"\nh',
        'type = "lvel"\nh',
        "rule[1].type",
        "unknown",
        "'level'",
    ),
    Case(
        "unknown parameter",
        'hold_up = "0s"\nhold_down = "20min"\n',
        "parameters = {foo = 1}\n",
        "rule[1].parameters.foo",
        "no parameter",
        "asks",
    ),
    Case(
        "clear that is never left",
        "clear = 22",
        "clear = 0",
        "threshold[5].clear",
        "never left",
        "between",
    ),
    Case(
        "too low above too high",
        "above = 95.20",
        'above = 95.20\n\n[[threshold]]\nstation = "61990001"\nvariable = "stage"\n'
        'name = "drought_limit"\nseverity = "III"\nat_or_below = 97.00',
        "threshold[2].at_or_below",
        "is not below",
        "always be open",
    ),
    Case(
        "a parameter that is no number",
        'type = "level"\nhold_up = "0s"',
        'type = "rise_silent"\nparameters = {least_rise = nan}\nhold_up = "0s"',
        "rule[1].parameters.least_rise",
        "not a finite number",
        "correct",
    ),
    Case(
        "a window of no time",
        'type = "level"\nhold_up = "0s"',
        'type = "rain_capacity"\nparameters = {concentration_h = 0}\nhold_up = "0s"',
        "rule[1].parameters.concentration_h",
        "too small",
        "correct",
    ),
    Case(
        "a season that is none",
        'kind = "waterlogging"\nvariable = "ponding_depth"\ntype = "level"\nhold_up = "0s"',
        'station = "61990001"\ntype = "inspection"\n'
        'parameters = {flood_season = "13-01/09-30"}\nhold_up = "0s"',
        "rule[1].parameters",
        "cannot be built",
        "correct",
    ),
    Case(
        "order without a beginning",
        'name = "design_flood"',
        'name = "design_flood"\norder = "示防〔2026〕1号"',
        "threshold[3].order",
        "no beginning",
        "valid_from",
    ),
    Case(
        "start stages that fall",
        'type = "level"\nhold_up = "0s"',
        'type = "pump"\nparameters = {starts = [24.6, 24.3]}\nhold_up = "0s"',
        "rule[1].parameters.starts",
        "not a list of rising numbers",
        "correct",
    ),
    Case(
        "gate of nowhere",
        'type = "level"\nhold_up = "0s"',
        'type = "pump"\nparameters = {starts = [24.3], gate = "61990019"}\nhold_up = "0s"',
        "rule[1].parameters.gate",
        "unknown station",
        "",
    ),
    Case(
        "pump rule at a reservoir",
        'kind = "waterlogging"\nvariable = "ponding_depth"\ntype = "level"\nhold_up = "0s"',
        'station = "61990001"\ntype = "pump"\nparameters = {starts = [24.3]}\nhold_up = "0s"',
        "rule[1].station",
        "no gauge of pumps_running",
        "add the gauges",
    ),
    Case(
        "asks without a level at which to ask",
        'kind = "waterlogging"\nvariable = "ponding_depth"\ntype = "level"\nhold_up = "0s"',
        'station = "61990001"\ntype = "level"\nparameters = {asks = "61990011"}\nhold_up = "0s"',
        "rule[1].parameters.asks",
        "no threshold joint_dispatch",
        "add the threshold",
    ),
    Case(
        "line of a gauge that is not there",
        'kind = "waterlogging"\nvariable = "ponding_depth"\ntype = "level"\nhold_up = "0s"',
        'station = "61990001"\ntype = "seepage"\nhold_up = "0s"\n'
        "parameters = {points = {S9 = [[90.0, 1.0], [91.0, 1.1]]}}",
        "rule[1].parameters.points",
        "no gauge 'S9'",
        "",
    ),
    Case(
        "line of one point",
        'type = "level"\nhold_up = "0s"',
        'type = "seepage"\nparameters = {points = {S1 = [[90.0, 1.0]]}}\nhold_up = "0s"',
        "rule[1].parameters.points",
        "not a table of lines",
        "correct",
    ),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_an_impossible_threshold_is_refused(folder: Folder, case: Case) -> None:
    check(folder, "thresholds.toml", case)
