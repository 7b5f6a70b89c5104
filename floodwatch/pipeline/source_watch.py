"""Alerts about sources: one that does not work, or brings nothing new for longer than expected."""

from collections.abc import Iterator

from sqlalchemy import Connection

from floodwatch.model.clock import MINUTE
from floodwatch.model.district import District
from floodwatch.model.fields import Table
from floodwatch.model.finding import Finding
from floodwatch.model.severity import Severity
from floodwatch.model.source import configured
from floodwatch.notify.figures import clean
from floodwatch.store.source_log import Standing, standings

VARIABLE = "source"  # of the alert's key; its gauge is the source's name
LEAST = 15 * MINUTE  # without success before anybody is told
TRIES = 3  # of a source that never worked
SHOWN = 60  # characters of an error
CLEAR = Finding(None, None)


def findings(
    connection: Connection, district: District, *, now: int
) -> Iterator[tuple[str, Finding]]:
    """(source, finding) of every source that is configured, or has been."""
    tables = {name: table for name, _, table in configured(district)}
    for state in standings(connection):
        table = tables.get(state.name)
        yield state.name, CLEAR if table is None else judged(state, table, now=now)


def patience(table: Table) -> int:
    """How long a source may fail, ms."""
    return max(3 * int(getattr(table, "every", 0)), LEAST)


def judged(state: Standing, table: Table, *, now: int) -> Finding:
    """Whether a source fails, or is silent for longer than its settings allow."""
    name, last = state.name, state.last_success
    if state.failures and (
        state.failures >= TRIES if last is None else now - last >= patience(table)
    ):
        said = clean(state.last_error or "")[:SHOWN]
        since = f"{(now - last) // MINUTE}分钟" if last is not None else "一直"
        en = f"for {(now - last) // MINUTE} min" if last is not None else "so far"
        return _finding(
            now,
            zh=f"数据来源{name}{since}取不到数：{said}",
            en=f"source {name} has brought nothing {en}: {said}",
        )
    longest = getattr(table, "silent_after", None)
    if longest and state.newest is not None and now - state.newest >= longest:
        age = (now - state.newest) // MINUTE
        return _finding(
            now,
            zh=f"数据来源{name}已{age}分钟没有新数据，连接正常",
            en=f"source {name} answers, but its newest reading is {age} min old",
        )
    return CLEAR


def _finding(now: int, *, zh: str, en: str) -> Finding:
    facts = {
        "zh": zh,
        "en": en,
        "act_zh": "请检查网络、账号和对方服务",
        "act_en": "Check the network, the account and the other side",
    }
    return Finding(Severity.III, Severity.III, time=now, label=zh, facts=facts)
