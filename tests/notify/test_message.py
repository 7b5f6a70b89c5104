"""The wording: place, value, limit and action first, and never a colour."""

from dataclasses import replace
from itertools import product

import pytest

from floodwatch.model.alert import RuleKey
from floodwatch.model.clock import HOUR, MINUTE
from floodwatch.model.district import Plan
from floodwatch.model.severity import Severity
from floodwatch.model.station import StationKind
from floodwatch.notify.message import compose, repeated
from floodwatch.notify.occasion import (
    ESCALATED,
    FIRED,
    MISSED,
    REMINDER,
    RESOLVED,
    WORSENED,
    Occasion,
)
from floodwatch.notify.sms_text import first, parts, units
from tests.notify.village import (
    DAM,
    DEPTH,
    II,
    III,
    IV,
    NOW,
    RAIN,
    STATIONS,
    STREET,
    SYSTEM,
    VILLAGE,
    I,
    district,
    occasion,
)

KINDS = (FIRED, WORSENED, REMINDER, ESCALATED)


def short(said: Occasion, *, language: str = "zh", owes: bool = False, **changes: object) -> str:
    return compose(said, district(**changes), language=language, owes=owes).short


def test_the_model_text_word_for_word() -> None:
    assert short(occasion(), owes=True) == (
        "【内部告警Ⅱ】18日04:25 石桥水库水位104.77米，超设计洪水位0.02米，1小时涨0.42米，"
        "请立即上坝、准备转移下游57户。收到回1"
    )


def test_a_rise_is_that_of_the_time_in_which_it_was_seen() -> None:
    said = occasion(facts={"rate": 11.46, "rate_span": 10 * MINUTE})
    assert "，10分钟涨1.91米，" in short(said)
    assert "up 1.91 m in 10 min" in short(said, language="en")
    body = compose(said, district(), language="zh", owes=False).body
    assert "10分钟变化" in body
    assert "1.91" in body


def test_a_wrong_clock_is_said_before_the_value() -> None:
    said = occasion(suspect=True, facts={"clock": 1})
    assert short(said).startswith(
        "【内部告警Ⅱ】站钟有误，按收到时间，18日04:25 石桥水库水位104.77米"
    )
    assert "疑似异常" not in short(said)
    assert "station clock wrong" in short(said, language="en")


def test_an_all_clear_of_a_limit_that_was_moved_says_so() -> None:
    assert "限值已变更" in short(occasion(kind=RESOLVED, value=104.77, limit=104.75))
    assert "限值" not in short(occasion(kind=RESOLVED, value=104.70, limit=104.75))


def test_a_subject_carries_the_number_once() -> None:
    for kind in (FIRED, RESOLVED):
        said = compose(occasion(kind=kind), district(), language="zh", owes=False)
        assert said.subject.count("警〔12〕") == 1


def test_an_all_clear_does_not_repeat_the_alarm() -> None:
    rule = RuleKey(STREET, "1", "tail_stage", "gate", "up")
    facts = {"zh": "外河倒灌，闸门未关", "en": "backflow"}
    said = occasion(rule, kind=RESOLVED, label="外河倒灌", facts=facts)
    assert "闸门未关" not in short(said)
    assert "外河倒灌告警解除" in short(said)


@pytest.mark.parametrize("why", ["confirmed", "no verdict within three minutes"])
def test_the_reason_is_said_in_the_language_of_the_text(why: str) -> None:
    text = compose(occasion(why=why), district(), language="zh", owes=False)
    assert why not in text.short + text.body


def test_who_is_only_told_is_not_asked_to_answer() -> None:
    assert "收到回1" not in short(occasion())


def test_in_english_with_the_same_facts() -> None:
    assert short(occasion(), language="en", owes=True) == (
        "[Internal alert II] 18 Jun 04:25 石桥水库 stage 104.77 m, 0.02 m over design flood "
        "(104.75 m), Go to the dam at once, prepare to move 57 households downstream. "
        "up 0.42 m in 1 h. Reply 1"
    )


def test_a_worse_severity_says_so() -> None:
    assert short(occasion(kind=WORSENED, previous=III)).startswith(
        "【内部告警Ⅱ】由Ⅲ升级，18日04:25"
    )


def test_late_data_say_their_age_first_and_that_nothing_came_since() -> None:
    said = short(occasion(time=NOW - 3 * HOUR, facts={"late": 1}))
    assert said.startswith(
        "【内部告警Ⅱ】3小时前，18日01:25 石桥水库水位104.77米，超设计洪水位0.02米"
    )
    assert "此后无数据" in said


def test_a_suspect_value_is_marked() -> None:
    assert "疑似异常" in short(occasion(suspect=True))[:14]


def test_ponding_is_said_in_centimetres() -> None:
    said = occasion(DEPTH, severity=I, label="封闭水深25厘米", limit=0.25, value=0.28, facts={})
    assert short(said).startswith(
        "【内部告警Ⅰ】18日04:25 学院下穿通道积水28厘米，达封闭水深25厘米，请立即封闭通道。"
    )


def test_rain_names_its_window() -> None:
    facts = {"window": 3 * HOUR, "sum_3h": 116.0}
    said = occasion(RAIN, severity=III, label="3小时雨量", limit=100.0, value=116.0, facts=facts)
    assert "示范雨量3小时雨量116.0毫米，超100.0毫米，请" in short(said)


def test_a_silent_gauge_says_since_when_and_what_it_said_last() -> None:
    rule = RuleKey(DAM, "1", "stage", "stale", "none")
    said = occasion(rule, severity=III, now=NOW + 2 * HOUR, label="失测", limit=None, facts={})
    assert short(said) == (
        "【内部告警Ⅲ】18日04:25 石桥水库水位失测2小时，18日04:25为104.77米，"
        "请到现场读水尺、报值班室。"
    )


def test_a_rise_names_change_and_level() -> None:
    rule = RuleKey("61990031", "1", "stage", "rate", "rise")
    said = occasion(rule, label="上涨过快", limit=0.10, value=0.15, facts={"level": 26.9})
    assert "示范湖水位每小时涨0.15米，超0.10米，现26.90米，请" in short(said)


def test_the_service_speaks_of_itself_in_both_languages() -> None:
    facts = {"zh": "本机时钟不可信", "en": "this machine's clock cannot be trusted"}
    said = occasion(SYSTEM, severity=I, limit=None, value=None, label="x", facts=facts)
    assert short(said) == "【内部告警Ⅰ】18日04:25 示范区本机时钟不可信。"
    assert facts["en"] in short(said, language="en")


def test_a_station_that_is_no_longer_configured_is_called_by_its_code() -> None:
    said = occasion(RuleKey("61999999", "1", "stage", "level", "up"))
    assert "61999999水位104.77米" in short(said)


def test_the_times_are_the_stations_own() -> None:
    elsewhere = STATIONS | {DAM: replace(STATIONS[DAM], tz="Asia/Tokyo")}
    assert "18日05:25" in short(occasion(), stations=elsewhere)


def test_the_all_clear_names_the_crest_and_the_number() -> None:
    said = occasion(kind=RESOLVED, value=103.90, now=NOW + 6 * HOUR, peak=104.91)
    assert short(said) == (
        "【内部告警解除】18日10:25 石桥水库水位103.90米，设计洪水位告警解除，"
        "最高104.91米（18日04:25）。警〔12〕"
    )


def test_what_was_missed_says_from_when_to_when() -> None:
    said = short(occasion(kind=MISSED, now=NOW + 20 * MINUTE))
    assert said.startswith("【错过的告警Ⅱ，已解除】")
    assert "18日04:25至18日04:45，未能及时送达" in said


def test_a_reminder_counts_what_else_is_open() -> None:
    said = short(occasion(kind=REMINDER, also=2), owes=True)
    assert "未应答" in said
    assert said.endswith("另有2项待应答。收到回1")


def test_who_is_above_hears_who_did_not_answer() -> None:
    said = short(occasion(kind=ESCALATED, silent=("示范丙一", "示范丙三")))
    assert "示范丙一、示范丙三未应答" in said


def test_the_demonstration_marks_every_text_first() -> None:
    for language, mark in (("zh", "【示范】"), ("en", "[DEMO]")):
        text = compose(occasion(), district(demonstration=True), language=language, owes=True)
        assert text.short.startswith(mark)
        assert text.subject.startswith(mark)
        assert text.body.startswith(mark)


def test_public_wording_names_the_authority() -> None:
    service = {"wording": "public", "authority": "示范区水利局"}
    assert short(occasion(), service=service).startswith("【示范区水利局告警Ⅱ】")


def test_a_repeat_is_known_by_its_mark_and_its_number() -> None:
    assert repeated("【内部告警Ⅱ】水", 12) == "【重发警〔12〕】【内部告警Ⅱ】水"
    assert repeated("【示范】【内部告警Ⅱ】水", 12).startswith("【示范】【重发警〔12〕】")
    assert repeated("[Internal alert II] water", 12).startswith("[重发 REPEAT 警〔12〕] ")


def test_control_characters_in_names_never_reach_a_text() -> None:
    evil = replace(STATIONS[DAM], name="石桥\r\nBcc: x\u202e水库", downstream="57 户\n\x00县道")
    text = compose(
        occasion(label="设计\r\n洪水位", why="a\r\nb"),
        district(stations={DAM: evil}),
        language="zh",
        owes=True,
    )
    assert "\n" not in text.short + text.subject
    assert "\r" not in text.body
    assert "\u202e" not in text.body
    assert "Bcc" not in [line.partition(":")[0] for line in text.body.splitlines()]


def test_a_mail_carries_every_fact_and_the_number() -> None:
    plan = Plan("超设计洪水位", II, kind="reservoir", steps=("三个责任人到岗", "准备转移"))
    text = compose(occasion(), district(plans=(plan,)), language="zh", owes=True)
    assert text.subject.endswith("警〔12〕")
    for line in (
        "告警：警〔12〕 Ⅱ级",
        "开始：2026-06-18 04:25 +08:00",
        "地点：石桥水库 (61990003)",
        "数值：104.77米 (2026-06-18 04:25 +08:00)",
        "阈值：设计洪水位 104.75米 (差0.02米)",
        "距下一级：校核洪水位 0.33米",
        "下游：57 户 203 人, 县道",
        "2. 准备转移",
    ):
        assert line in text.body.splitlines()


@pytest.mark.parametrize("language", ["zh", "en"])
def test_no_text_names_a_colour(language: str) -> None:
    for said in _occasions():
        text = compose(said, VILLAGE, language=language, owes=True)
        for colour in ("红色", "橙色", "黄色", "蓝色", "red ", "orange", "yellow", "blue "):
            assert colour not in text.short + text.body


@pytest.mark.parametrize("demonstration", [False, True])
def test_the_first_seventy_characters_carry_place_value_limit_and_action(
    demonstration: bool,
) -> None:
    for said in _occasions():
        text = short(said, demonstration=demonstration, stations=LONG)
        start = text.partition("。")[0]
        assert units(start) <= 70, text
        name = LONG[said.rule.station].name
        assert name[-4:] in start, text
        assert "请" in start, text
        if said.rule.type in ("level", "rainfall"):
            assert any(word in start for word in ("超", "达", "低于")), text


def test_a_signature_takes_its_part_of_the_seventy() -> None:
    for said in _occasions():
        text = short(said, stations=LONG, service={"signature": "示范区防汛办"})
        assert text.partition("。")[0] in first(text, "示范区防汛办"), text


@pytest.mark.parametrize(
    ("length", "expected"), [(0, 1), (70, 1), (71, 2), (134, 2), (135, 3), (141, 3)]
)
def test_parts_are_counted_as_the_network_counts_them(length: int, expected: int) -> None:
    assert parts("水" * length) == expected


def test_what_lies_outside_the_basic_plane_counts_twice() -> None:
    assert units("水😀") == 3
    assert first("😀" * 40) == "😀" * 35
    assert parts("水" * 66, "签名") == 1
    assert parts("水" * 67, "签名") == 2


LONG = {
    code: replace(station, name="示范某某镇某某村" + station.name, downstream="1286 户 5312 人")
    for code, station in STATIONS.items()
}


def _occasions() -> list[Occasion]:
    """Every kind of message for every kind of rule at its longest."""
    rules = [
        occasion(),
        occasion(label="历史最高水位 (2016-07-05)", value=31.72, limit=31.60),
        occasion(
            RuleKey(DAM, "1", "stage", "level", "down"), label="旱限水位", value=99.0, limit=99.6
        ),
        occasion(DEPTH, label="积水40厘米", value=0.56, limit=0.4, facts={}),
        occasion(DEPTH, severity=I, label="封闭水深25厘米", value=0.67, limit=0.25, facts={}),
        occasion(RAIN, label="12小时雨量", value=181.5, limit=180.0, facts={"window": 12 * HOUR}),
        occasion(
            RuleKey("61990091", "1", "residual_chlorine", "level", "down"),
            label="余氯不足",
            value=0.04,
            limit=0.1,
            facts={},
        ),
        occasion(
            RuleKey(STREET, "1", "ponding_depth", "rate", "rise"),
            label="上涨过快",
            value=0.6,
            limit=0.3,
            facts={"level": 0.31},
        ),
        occasion(RuleKey(DAM, "1", "stage", "stale", "none"), now=NOW + 30 * HOUR, limit=None),
    ]
    silent = ("示范带班领导丙", "示范值班员甲", "示范站前街道", "示范丙三")
    return [
        replace(
            rule,
            kind=kind,
            severity=severity,
            previous=IV if kind == WORSENED else None,
            suspect=suspect,
            now=max(rule.now, NOW + (23 * HOUR if late else 0)),
            facts=dict(rule.facts) | ({"late": 1} if late else {}),
            silent=silent if kind == ESCALATED else (),
        )
        for rule, kind, severity, suspect, late in product(
            rules, KINDS, Severity, (False, True), (False, True)
        )
    ]


def test_every_kind_of_station_has_words() -> None:
    for kind, severity in product(StationKind, Severity):
        station = replace(STATIONS[DAM], kind=kind)
        assert short(occasion(severity=severity), stations={DAM: station}).count("请") == 1
