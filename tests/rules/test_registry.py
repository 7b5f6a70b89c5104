"""Compiling a whole district."""

import pytest

from floodwatch.rules.registry import BUILDERS, PARAMETERS, WHOLE, compile_rules, index
from floodwatch.rules.settings import refusal
from tests.rules.making import CODE, STAGE, district
from tests.rules.test_level import BANDS


def test_every_type_says_which_parameters_it_takes() -> None:
    assert BUILDERS.keys() | WHOLE.keys() == PARAMETERS.keys()


def test_a_reading_wakes_every_rule_that_needs_its_series() -> None:
    found = index(compile_rules(district(BANDS)))
    assert {r.key.type for r in found[STAGE]} == {"inspection", "level", "rise_silent", "stale"}


def test_no_two_rules_share_an_identity() -> None:
    keys = [rule.key for rule in compile_rules(district(BANDS))]
    assert len(keys) == len(set(keys))
    assert {key.station for key in keys} == {CODE}


@pytest.mark.parametrize(
    ("name", "value", "wrong"),
    [
        ("severity", "II", False),
        ("severity", "red", True),
        ("severity", [], True),
        ("after_min", 20, False),
        ("after_min", 0, True),
        ("after_min", True, True),
        ("coverage", 0.9, False),
        ("coverage", 90, True),
        ("floor", "95", True),
    ],
)
def test_a_parameter_is_checked_by_its_name(name: str, value: object, wrong: bool) -> None:
    assert bool(refusal(name, value)) is wrong
