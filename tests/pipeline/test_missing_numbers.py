"""Numbers of `[sources] missing` are no values, whichever way they come in."""

from dataclasses import replace

import pytest

from floodwatch.model.batch import Batch
from floodwatch.model.district import District
from floodwatch.model.reading import Outcome, RawReading
from floodwatch.pipeline.intake import take
from floodwatch.pipeline.plan import compile_plan
from floodwatch.sources.missing_words import numbers_of, says_none, words_of
from tests.rules.making import CODE, T, district


def none_are(*given: str | float) -> District:
    return replace(district(), sources={"missing": list(given)})


@pytest.mark.parametrize(
    ("value", "outcome"),
    [
        (-1.0, Outcome.MISSING),
        (32767, Outcome.MISSING),
        (-9999.0, Outcome.MISSING),
        (1.0, None),
        (0.0, None),
    ],
)
def test_a_further_number_is_missing_and_others_are_values(
    value: float, outcome: Outcome | None
) -> None:
    plan = compile_plan(none_are(-1, "32767", "停测"))
    batch = Batch("push:gateway", (RawReading(CODE, "stage", T, value),))
    [item] = take([batch], plan)
    assert item.outcome is outcome


def test_without_the_setting_they_are_values() -> None:
    batch = Batch("push:gateway", (RawReading(CODE, "stage", T, -1.0),))
    [item] = take([batch], compile_plan(district()))
    assert (item.outcome, item.value) == (None, -1.0)


def test_words_are_compared_without_case_and_spaces() -> None:
    found = none_are("No Signal", "停测", -1)
    assert numbers_of(found) == (-1.0,)
    assert says_none(" no signal ", words_of(found))
    assert says_none("停测", words_of(found))
    assert not says_none("停测")
