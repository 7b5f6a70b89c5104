"""The types of rules in words."""

import pytest

from floodwatch.notify.muting_text import shelved_alone
from floodwatch.notify.type_words import type_word
from floodwatch.rules.registry import PARAMETERS
from tests.notify.village import DAM, NOW, VILLAGE


@pytest.mark.parametrize("type", [*PARAMETERS, "system"])
def test_every_type_has_chinese_words_of_its_own(type: str) -> None:
    assert type_word(type, "zh") not in ("监测", "")
    assert not type_word(type, "zh").isascii()
    assert "_" not in type_word(type, "en")


def test_a_shelved_alert_without_a_label_is_told_of_in_chinese() -> None:
    row = {"station": DAM, "label": "", "band": "silent", "type": "rise_silent", "severity": 4}
    said = shelved_alone(row | {"id": 1}, VILLAGE, who="甲", reason="已核实", until=NOW)
    assert "涨水失测" in said
    assert "silent" not in said
