"""Every scenario has something it would not forgive; that it does not is for the soak."""

import pytest

from tests.scenarios.mutant_list import MUTANTS
from tests.scenarios.mutants import ROOT, changed, tried
from tests.scenarios.reading_files import names


def test_every_scenario_has_a_mutant() -> None:
    assert sorted({mutant.scenario for mutant in MUTANTS}) == names()


def test_every_mutant_can_be_made() -> None:
    for mutant in MUTANTS:
        text = (ROOT / "floodwatch" / mutant.module).read_text("utf-8")
        compile(changed(text, mutant), mutant.module, "exec")


@pytest.mark.soak
def test_every_mutant_is_noticed() -> None:
    missed = [f"{m.scenario}: {m.gone}" for m, noticed, _ in tried(MUTANTS) if not noticed]
    assert missed == []
