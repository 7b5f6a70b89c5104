"""Each fault planted in the program is found by the judge: one that is not is the judge's own."""

import pytest

from tests.faults import planted
from tests.faults.mischief import Mix
from tests.faults.planted import Planted
from tests.faults.world import World

CALM = Mix(kill=0, power=0, mood=0, clock=0, full=0, edit=0, silence=1)


@pytest.mark.parametrize(
    ("fault", "mix", "said"),
    [
        (planted.marked_before_it_is_sent, Mix(an_hour=2, clock=0), "never had it"),
        (planted.synced_now_and_then, CALM._replace(power=9), "has a receipt for"),
        (planted.driven_by_a_timetable, CALM._replace(clock=9), ""),
        (planted.answered_by_looking, CALM, "counts as having answered"),
        (planted.deadlines_on_the_wall, CALM._replace(clock=9, mood=9), ""),
        (planted.quality_that_suppresses, CALM, "an alert of severity 0 stood"),
        (planted.one_answers_for_all, CALM, "counts as having answered"),
    ],
    ids=lambda given: getattr(given, "__name__", ""),
)
def test_a_planted_fault_is_found(fault: Planted, mix: Mix, said: str) -> None:
    scan = fault is planted.answered_by_looking
    with fault():
        for seed in SEEDS:
            violation = World(seed, hours=4, mix=mix, scan=scan).run().violation
            if violation:
                break
    assert said in violation
    assert violation


SEEDS = (363, 318, 264)  # storms begin within the first hours
