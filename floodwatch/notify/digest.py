"""Many texts to one person become one that names the worst. Pure."""

from collections import Counter
from collections.abc import Sequence
from enum import Enum
from typing import NamedTuple

from floodwatch.model.clock import MINUTE
from floodwatch.model.severity import Severity
from floodwatch.notify.figures import clean

MOST = 5  # texts in the window; those beyond it are collapsed
WINDOW = 5 * MINUTE
SOON = MINUTE  # how long a text of grade II waits at most for the next digest
NAMED = 3


class Waiting(NamedTuple):
    """A text that is due and has not been tried yet."""

    id: int
    severity: int
    created_at: int


class Past(NamedTuple):
    """What has left for the same person by the same channel within the window."""

    texts: int = 0
    last: int = 0  # when the last of them left, service ms
    digest: bool = False


class Plan(Enum):
    """What becomes of the texts that are due."""

    EACH = "each"  # sent as they are
    COLLAPSE = "collapse"  # one digest instead
    WAIT = "wait"  # for the next digest


class Planned(NamedTuple):
    """The plan; `until` is when those that wait are looked at again."""

    plan: Plan
    until: int = 0


def plan(due: Sequence[Waiting], past: Past, *, now: int, most: int = MOST) -> Planned:
    """What becomes of these texts to one person; grade I is never among them.

    Beyond `most` in the window texts leave together: at once the first time, then a minute after
    the last one while grade II is among them, five minutes after it otherwise. None waits longer
    than that itself, whatever else leaves meanwhile.
    """
    if past.texts + len(due) <= most:
        return Planned(Plan.EACH)
    if len(due) > 1 and not past.digest:
        return Planned(Plan.COLLAPSE)
    grave = any(one.severity >= Severity.II for one in due)
    wait = SOON if grave else WINDOW
    until = min(past.last, *(one.created_at for one in due)) + wait
    if now < until:
        return Planned(Plan.WAIT, until)
    return Planned(Plan.COLLAPSE if len(due) > 1 else Plan.EACH)


class Matter(NamedTuple):
    """One of the messages that a digest stands for. `over`: an all-clear."""

    alert_id: int
    severity: int
    place: str
    label: str
    over: bool = False


def compose(
    matters: Sequence[Matter], *, at: str, url: str, language: str, owes: bool = False
) -> str:
    """The text: how many of each grade, the worst three by name, where the rest stands."""
    zh = language == "zh"
    newest = {matter.alert_id: matter for matter in matters}  # a later message of an alert counts
    standing = [m for m in newest.values() if not m.over]
    ended = len(newest) - len(standing)
    counts = Counter(m.severity for m in standing)
    grades = [
        f"{Severity(g).numeral}级{counts[g]}条" if zh else f"{Severity(g).name}: {counts[g]}"
        for g in sorted(counts, reverse=True)
    ]
    if ended:
        grades.append(f"解除{ended}条" if zh else f"all clear: {ended}")
    worst = sorted(standing, key=lambda m: (-m.severity, -m.alert_id))[:NAMED]
    names = [f"{clean(m.place)}{'' if zh else ' '}{clean(m.label)}" for m in worst]
    if zh:
        said = f"【内部告警汇总】{at} {len(newest)}项：{'、'.join(grades)}。"
        said += f"最重：{'；'.join(names)}。" if names else ""
        said += f"详见{url}" if url else "详见值班页面告警列表"
        return f"{said}。收到回1" if owes else said
    said = f"[Internal alerts, digest] {at} {len(newest)} matters: {', '.join(grades)}. "
    said += f"Worst: {'; '.join(names)}. " if names else ""
    said += f"See {url}" if url else "See the list of alerts"
    return f"{said}. Reply 1" if owes else said


def slots(matters: Sequence[Matter], language: str) -> dict[str, str]:
    """The pieces for a provider's template."""
    zh = language == "zh"
    gravest = max(matters, key=lambda m: (m.severity, m.alert_id))
    number = len({m.alert_id for m in matters})
    grade = Severity(gravest.severity)
    return {
        "place": f"{clean(gravest.place)}等{number}项"
        if zh
        else f"{clean(gravest.place)} +{number - 1}",
        "value": f"最重{grade.numeral}级" if zh else f"worst {grade.name}",
        "limit": clean(gravest.label),
        "action": "查看告警列表" if zh else "see the list of alerts",
        "code": str(gravest.alert_id),
    }


def worst(matters: Sequence[Matter]) -> int:
    """The severity of the digest itself."""
    return max(m.severity for m in matters)
