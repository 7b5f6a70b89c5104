"""The hand-over sheet (交接班单): what changed since the shift began, in sentences. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from floodwatch.model.alert import CallResult
from floodwatch.model.clock import HOUR, MINUTE
from floodwatch.model.district import District
from floodwatch.model.moment import on_day
from floodwatch.model.severity import Severity
from floodwatch.notify.figures import amount, clean, plain, short_time
from floodwatch.reports.bulletin import DEMONSTRATION
from floodwatch.reports.shift_facts import Row, Shift

USUAL = (8 * HOUR, 17 * HOUR + 30 * MINUTE)  # when shifts change, after local midnight
CALLED = {
    CallResult.REACHED: "接通",
    CallResult.NO_ANSWER: "无人接",
    CallResult.OFF: "关机",
    CallResult.BUSY: "占线",
    CallResult.RELAYED: "他人转告",
}
HAPPENED = {"fired": "触发", "worsened": "升级", "resolved": "解除"}
ACTIONS = {"start": "启动", "change": "调整", "end": "终止"}
NOTHING = "无。"


def began(now: int, district: District) -> int:
    """When the present shift began: the newest beginning of the district's shifts, ms.

    Where none is configured (or none began since yesterday) the usual hours, 08:00 and 17:30.
    """
    today = datetime.fromtimestamp(now / 1000, district.tz).date()
    days = (today, today - timedelta(days=1))
    own = [
        on_day(day, shift.start, district.tz)
        for day in days
        for shift in district.shifts
        if shift.begins_on(day, district.holidays)
    ]
    usual = [on_day(day, after, district.tz) for day in days for after in USUAL]
    return max([at for at in own if at <= now] or [at for at in usual if at <= now])


def title(shift: Shift, district: District) -> str:
    """The sheet's first line."""
    begun, ended = (short_time(moment, district.tz, "zh") for moment in (shift.start, shift.end))
    mark = DEMONSTRATION if district.demonstration else ""
    return f"{clean(district.name)}值班交接单（{begun}至{ended}）{mark}"


def parts(shift: Shift, district: District) -> list[tuple[str, list[str]]]:
    """(heading, lines) of the sheet; a heading without lines says that there was nothing."""
    words = _Words(district)
    held = shift.response
    standing = [f"防汛应急响应{held.level.numeral}级：{clean(held.document)}"] if held else []
    return [
        ("应急响应", [*standing, *(words.response(row) for row in shift.responses)]),
        ("未解除告警", [words.open(row) for row in shift.open]),
        ("未叫应", list(words.owing(shift.owing))),
        ("本班告警", [words.event(row) for row in shift.events]),
        ("本班电话", [words.call(row) for row in shift.calls]),
        ("值班日志", [words.entry(row) for row in shift.entries]),
        ("屏蔽与检修", [words.mute(row) for row in shift.mutes]),
        ("失测站点", ["、".join(shift.silent)] if shift.silent else []),
        ("未消除隐患", [words.hazard(row) for row in shift.hazards]),
        (
            "资料导入与参数变更",
            [*map(words.imported, shift.imports), *map(words.version, shift.versions)],
        ),
        ("消息", list(_messages(shift))),
    ]


def text(shift: Shift, district: District) -> str:
    """The whole sheet, ready to paste or to print."""
    lines = [title(shift, district)]
    for number, (heading, said) in enumerate(parts(shift, district), 1):
        lines.append(f"{number}. {heading}：" + ("" if said else NOTHING))
        lines += [f"   {line}" for line in said]
    return "\n".join(lines) + "\n"


def _messages(shift: Shift) -> Iterator[str]:
    if shift.undelivered:
        yield f"{shift.undelivered}条消息待发"
    if shift.lost:
        yield f"{shift.lost}条消息未能送达，已换渠道或过期"


def _grade(level: int) -> str:
    return Severity(level).numeral


class _Words:
    """Rows of tables in sentences, in the district's zone."""

    def __init__(self, district: District) -> None:
        self._district = district
        self._labels = {
            (each.station, each.variable, each.name): each.label for each in district.thresholds
        }

    def open(self, row: Row) -> str:
        said = f"#{row['id']} {_grade(row['severity'])}级 {self._what(row)}"
        said += f"，{self._at(row['fired_at'])}触发"
        if row["peak"] is not None and row["type"] == "level" and row["peak_at"] is not None:
            peak = amount(row["variable"], row["peak"], "zh")
            said += f"，极值{peak}（{self._at(row['peak_at'])}）"
        held = row["acked_by"] if (row["acked_severity"] or 0) >= row["severity"] else None
        said += f"，{clean(held)}已接" if held else "，值班室未确认"
        return said + (f"，处理人{clean(row['assignee'])}" if row["assignee"] else "")

    def event(self, row: Row) -> str:
        grade = _grade(row["to"] or row["severity"])
        what = self._what(row, band=(row["told"] or {}).get("band") or "")
        return f"{self._at(row['at'])} #{row['id']} {what} {HAPPENED[row['kind']]}（{grade}级）"

    def owing(self, rows: Sequence[Row]) -> Iterator[str]:
        """A line a person, with all the matters he owes an answer to."""
        by_party: dict[str, list[Row]] = {}
        for row in rows:
            by_party.setdefault(row["party"], []).append(row)
        for party, owed in by_party.items():
            numbers = "、".join(f"#{row['alert_id']}" for row in owed)
            first = min(row["opened_at"] for row in owed)
            person = self._district.people.get(party)
            phone = f" {person.phone}" if person and person.phone else ""
            yield f"{clean(party)}{phone}：{numbers}，{self._at(first)}起"

    def call(self, row: Row) -> str:
        result = CALLED.get(CallResult(row["result"]), row["result"])
        note = f"（{clean(row['note'])}）" if row["note"] else ""
        return (
            f"{self._at(row['at'])} {clean(row['officer'])}→{clean(row['person'])}：{result}{note}"
        )

    def entry(self, row: Row) -> str:
        return f"{self._at(row['at'])} {clean(row['who'])}：{clean(row['text'])}"

    def response(self, row: Row) -> str:
        level = f"{_grade(row['level'])}级" if row["level"] else ""
        action = ACTIONS.get(row["action"], row["action"])
        by = f"（{clean(row['document'])}，{clean(row['who'])}）"
        return f"{self._at(row['at'])} {action}{level}应急响应{by}"

    def mute(self, row: Row) -> str:
        kind = "搁置" if row["kind"] == "shelve" else "检修"
        what = f"#{row['alert_id']}" if row["alert_id"] else self._name(row["station"])
        return (
            f"{kind}{what}至{self._at(row['ends'])}：{clean(row['reason'])}（{clean(row['who'])}）"
        )

    def hazard(self, row: Row) -> str:
        due = f"，限{self._at(row['due'])}前" if row["due"] else ""
        return f"{self._name(row['station'])}：{clean(row['title'])}（{clean(row['owner'])}{due}）"

    def imported(self, row: Row) -> str:
        names = "、".join(clean(name) for name in _few(row["names"]))
        return (
            f"{self._at(row['at'])} 导入{row['id']}：{names}（{clean(row['who'])}，{row['state']}）"
        )

    def version(self, row: Row) -> str:
        return f"{self._at(row['at'])} 参数版本{row['id']}（{clean(row['who'])}）"

    def _what(self, row: Row, *, band: str = "") -> str:
        """The place and the limit: that of the moment if `band` names it, else the alert's own."""
        label = self._labels.get((row["station"], row["variable"], band))
        label = label or row["label"] or row["band"] or row["type"]
        return f"{self._name(row['station'])}{plain(label)}"

    def _name(self, code: str) -> str:
        station = self._district.stations.get(code)
        return clean(station.name) if station else clean(self._district.name)

    def _at(self, moment: int) -> str:
        return short_time(moment, self._district.tz, "zh")


def _few(names: Iterable[str], most: int = 3) -> list[str]:
    found = list(names)
    return found if len(found) <= most else [*found[:most], f"等{len(found)}个文件"]
