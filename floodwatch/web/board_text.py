"""The board as customary text, to paste into the work group."""

from floodwatch.web.board_rows import Row
from floodwatch.web.boards import Board
from floodwatch.web.here import Here
from floodwatch.web.words import KINDS, figure, gap_words, local, unit, word

RAIN = (("1h", "1小时"), ("3h", "3小时"), ("24h", "24小时"), ("today", "今日8时以来"))


def plain(board: Board, here: Here, *, group: str = "") -> str:
    """Every row of the board, or of one group, in sentences; blind stations say so."""
    told = local(here.now, here.tz)
    lines = [f"【{here.district.name}水情】{told.month}月{told.day}日{told:%H:%M}"]
    if here.demonstration:
        lines[0] += "（示范数据 · 非真实）"
    cover = board.coverage
    lines.append(f"覆盖 {cover.live}/{cover.total}" + _blind(board))
    for row in board.rows:
        if group in ("", row.group) and (said := sentence(row, here)):
            lines.append(said)
    return "\n".join(lines) + "\n"


def _blind(board: Board) -> str:
    names = "、".join(name for _code, name in board.coverage.silent)
    return f"，失测：{names}" if names else ""


def sentence(row: Row, here: Here) -> str:
    """One station in one sentence; nothing for a station that only meters."""
    name = f"{word(KINDS, row.station.kind)} {row.station.name}"
    if row.group == "rain":
        parts = [f"{words}{row.rain[key]:.1f}" for key, words in RAIN if row.rain.get(key)]
        return f"{name}：" + ("，".join(parts) + " mm" if parts else "无雨")
    value = row.main
    if value.value is None or value.time is None:
        return f"{name}：无数据"
    told = local(value.time, here.tz)
    said = f"{name}：{told:%H:%M} {figure(value.value, value.variable)}{unit(value.variable)}"
    if value.change:
        verb = "涨" if value.change > 0 else "落"
        over = "1小时" if value.change_span >= 3_600_000 else "10分钟"
        said += f"，{over}{verb}{figure(abs(value.change), value.variable)}"
    said += "".join(f"，{gap_words(gap)}" for gap in (row.passed[:1] + row.ahead[:1]))
    if row.storage_m3 is not None:
        said += f"，蓄水{figure(row.storage_m3, 'storage')}万m³"
    return said + ("，此后无数据" if value.state == "silent" else "")
