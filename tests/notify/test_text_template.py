"""The district's own texts, and what every first screen carries whatever the names are."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from floodwatch.model.severity import Severity
from floodwatch.notify import text_template
from floodwatch.notify.message import compose
from floodwatch.notify.occasion import ESCALATED, FIRED, REMINDER, WORSENED, Occasion
from floodwatch.notify.sms_text import first, units
from tests.notify.village import DAM, DEPTH, RAIN, STAGE, STATIONS, STREET, district, occasion

OWN = "【示范告警${grade}】${time} ${place}${value}，${limit}，${trend}，${action}。${answer}"


def short(said: Occasion, text: str, **changes: Any) -> str:
    texts = {"zh": {FIRED: text}}
    return compose(said, district(texts=texts, **changes), language="zh", owes=True).short


def test_a_text_of_the_district_is_used_for_its_kind_and_language() -> None:
    text = short(occasion(), OWN)
    assert text.startswith("【示范告警Ⅱ】18日04:25 石桥水库水位104.77米，超设计洪水位0.02米")
    assert text.endswith("收到回1")
    assert short(occasion(kind=REMINDER, now=occasion().now), OWN).startswith("【内部告警Ⅱ】")


def test_an_empty_field_leaves_no_stop_behind() -> None:
    said = occasion(facts={})
    assert "，，" not in short(said, OWN)
    assert text_template.filled(
        "${place}，${trend}，${action}。", {"place": "甲", "action": "去"}
    ) == ("甲，去。")


@pytest.mark.parametrize(
    "words", ["{0.__class__}", "{{7*7}}", "%n%s", "$place", "${}", "{% x %}", "$$"]
)
def test_nothing_else_in_a_text_is_executed(words: str) -> None:
    assert text_template.filled(f"{words} ${{place}}", {"place": "甲"}) in (
        f"{words} 甲",
        f"{words.replace('${}', '')} 甲".strip(),
    )


def test_a_value_that_looks_like_a_field_stays_as_it_is() -> None:
    assert text_template.filled("${place}", {"place": "${value}", "value": "x"}) == "${value}"


def test_a_text_that_does_not_fit_the_first_screen_gives_way_to_the_built_in_one() -> None:
    stations = {DAM: replace(STATIONS[DAM], name="示范某某镇某某村某某组石桥水库" * 3)}
    text = short(occasion(), OWN, stations=stations)
    assert text.startswith("【内部告警Ⅱ】")
    assert "请" in first(text)


def test_a_signature_takes_its_part_of_the_room_of_a_text_too() -> None:
    assert short(occasion(), OWN).startswith("【示范告警")
    signed = {"signature": "示范区防汛抗旱指挥部办公室值班室"}
    assert short(occasion(), OWN, service=signed).startswith("【内部告警")


def test_the_pieces_for_providers_come_with_every_text() -> None:
    slots = compose(occasion(), district(), language="zh", owes=True).slots
    assert set(slots) == {"place", "value", "limit", "action", "code"}
    assert slots["place"] == "石桥水库"
    assert slots["value"] == "18日04:25 水位104.77米"
    assert slots["limit"] == "超设计洪水位0.02米"
    assert not slots["action"].startswith("请")
    assert slots["code"] == "12"


NAMES = st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5), min_size=1, max_size=40)
RULES = {STAGE: (104.75, "设计洪水位"), DEPTH: (0.25, "积水25厘米"), RAIN: (50.0, "1小时50毫米")}


@settings(max_examples=200, deadline=None)
@example(
    name="一一一一一",
    rule=STAGE,
    severity=Severity.II,
    kind=FIRED,
    over=1.0,
    suspect=True,
    households=1000,
    signature="示范区防汛抗旱办公室",
    silent=[],
)
@example(
    name="一一一一一",
    rule=STAGE,
    severity=Severity.II,
    kind=WORSENED,
    over=1.0,
    suspect=True,
    households=1000,
    signature="示范区防汛抗旱办公室",
    silent=[],
)
@given(
    name=NAMES,
    rule=st.sampled_from(list(RULES)),
    severity=st.sampled_from([Severity.III, Severity.II, Severity.I]),
    kind=st.sampled_from([FIRED, WORSENED, REMINDER, ESCALATED]),
    over=st.floats(0, 9),
    suspect=st.booleans(),
    households=st.integers(0, 9999),
    signature=st.sampled_from(["", "示范防办", "示范区防汛抗旱办公室"]),
    silent=st.lists(NAMES, max_size=4),
)
def test_the_first_screen_carries_place_value_limit_and_action(
    name: str,
    rule: Any,
    severity: Severity,
    kind: str,
    over: float,
    suspect: bool,
    households: int,
    signature: str,
    silent: list[str],
) -> None:
    limit, label = RULES[rule]
    stations = {
        code: replace(station, name=name, downstream=f"{households} 户 {households * 4} 人")
        for code, station in STATIONS.items()
    }
    said = occasion(
        rule,
        kind=kind,
        severity=severity,
        previous=Severity.IV,
        limit=limit,
        label=label,
        value=limit + over,
        suspect=suspect,
        silent=tuple(silent),
    )
    where = district(stations=stations, service={"signature": signature})
    text = compose(said, where, language="zh", owes=True).short
    seen = first(text, signature)
    start = text.partition("。")[0]
    assert start in seen, text
    assert name[-4:] in seen
    assert any(word in seen for word in ("超", "达"))
    assert any(unit in seen for unit in ("米", "毫米", "厘米"))
    if rule.station != STREET:
        assert "请" in seen
    assert units(start) <= 70
