"""Many texts to one person become one."""

from floodwatch.model.clock import MINUTE
from floodwatch.model.severity import Severity
from floodwatch.notify.digest import Matter, Past, Plan, Planned, Waiting, compose, plan, worst

NOW = 10_000_000
IV, III, II, I = Severity  # noqa: E741


def due(n: int, severity: Severity = III) -> list[Waiting]:
    return [Waiting(i, severity, NOW) for i in range(n)]


def test_up_to_five_texts_go_out_one_by_one() -> None:
    assert plan(due(5), Past(), now=NOW) == Planned(Plan.EACH)
    assert plan(due(2), Past(3, NOW), now=NOW) == Planned(Plan.EACH)


def test_more_are_collapsed_at_once() -> None:
    assert plan(due(6), Past(), now=NOW) == Planned(Plan.COLLAPSE)
    assert plan(due(2), Past(4, NOW), now=NOW) == Planned(Plan.COLLAPSE)


def test_after_a_digest_the_next_comes_in_five_minutes_with_grade_ii_in_one() -> None:
    past = Past(6, NOW, digest=True)
    assert plan(due(3), past, now=NOW + 1) == Planned(Plan.WAIT, NOW + 5 * MINUTE)
    assert plan(due(3, II), past, now=NOW + 1) == Planned(Plan.WAIT, NOW + MINUTE)
    assert plan(due(3, II), past, now=NOW + MINUTE) == Planned(Plan.COLLAPSE)


def test_mild_texts_do_not_wait_for_ever_while_graver_ones_leave_every_minute() -> None:
    past = Past(9, NOW + 4 * MINUTE, digest=True)  # the last digest left four minutes later
    assert plan(due(2), past, now=NOW + 4 * MINUTE + 1) == Planned(Plan.WAIT, NOW + 5 * MINUTE)
    assert plan(due(2), past, now=NOW + 5 * MINUTE) == Planned(Plan.COLLAPSE)


def test_a_single_text_is_never_a_digest_of_one() -> None:
    past = Past(6, NOW, digest=True)
    assert plan(due(1, II), past, now=NOW + 1).plan is Plan.WAIT
    assert plan(due(1, II), past, now=NOW + MINUTE) == Planned(Plan.EACH)


MATTERS = [
    Matter(1, III, "石桥水库", "汛限水位"),
    Matter(2, II, "学院下穿通道", "封闭水深"),
    Matter(3, IV, "示范雨量", "1小时雨量"),
    Matter(4, III, "示范湖", "控制水位"),
    Matter(5, III, "站前路", "积水"),
    Matter(6, III, "东湖", "水位", over=True),
]


def test_a_digest_counts_the_grades_and_names_the_worst_three() -> None:
    said = compose(MATTERS, at="18日04:25", url="https://x.example/alerts", language="zh")
    assert said == (
        "【内部告警汇总】18日04:25 6项：Ⅱ级1条、Ⅲ级3条、Ⅳ级1条、解除1条。"
        "最重：学院下穿通道封闭水深；站前路积水；示范湖控制水位。详见https://x.example/alerts"
    )
    assert worst(MATTERS) == II


def test_a_later_message_of_an_alert_counts_alone() -> None:
    later = [*MATTERS, Matter(1, II, "石桥水库", "设计洪水位")]
    said = compose(later, at="04:25", url="", language="zh", owes=True)
    assert "6项：Ⅱ级2条、Ⅲ级2条" in said
    assert said.endswith("收到回1")


def test_a_digest_in_english() -> None:
    said = compose(MATTERS[:2], at="18 Jun 04:25", url="", language="en", owes=True)
    assert said.startswith("[Internal alerts, digest] 18 Jun 04:25 2 matters: II: 1, III: 1. ")
    assert said.endswith("Reply 1")
