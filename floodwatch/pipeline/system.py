"""Alerts about the service itself: its clock, its timetable, its configuration."""

from collections.abc import Callable, Iterator, Mapping

from sqlalchemy import Connection

from floodwatch.alerts.lifecycle import step
from floodwatch.model.alert import Holds, Origin, RuleKey, RuleState
from floodwatch.model.clock import DAY, MINUTE
from floodwatch.model.finding import Finding
from floodwatch.model.severity import Severity
from floodwatch.pipeline import faults, lines, source_watch
from floodwatch.pipeline.backups import RESCUED
from floodwatch.pipeline.judge import settle
from floodwatch.pipeline.plan import Plan
from floodwatch.pipeline.service_clock import Moment
from floodwatch.store import rule_states
from floodwatch.store.alert_log import Change
from floodwatch.store.clockwork import jobs, setting
from floodwatch.store.database import Transaction
from floodwatch.store.influx.mirror import place as mirror_place

TYPE = "system"
BEHIND = 15 * MINUTE  # a mirror that could not write for so long
HOLDS = Holds(up=0, down=MINUTE)
CLEAR = Finding(None, None)

Watch = Callable[[Transaction, Plan, Moment], Mapping[str, Finding]]


def key(name: str) -> RuleKey:
    """The rule key of one system alert."""
    return RuleKey("system", "1", name, TYPE, "none")


def check(
    tx: Transaction,
    plan: Plan,
    moment: Moment,
    *,
    devices: int | None,
    watch: Watch | None = None,
) -> None:
    """Judge the service itself; opens and resolves its alerts like any others.

    `watch` adds findings by name: what the engine alone can see of itself.
    """
    findings = dict(_findings(tx, plan, moment, devices))
    if watch is not None:
        findings |= {key(name): finding for name, finding in watch(tx, plan, moment).items()}
    if plan.district.demonstration:  # its clock leaps; the timetable keeps the machine's time
        findings[key("timetable")] = CLEAR
    states = rule_states.states(tx.connection, list(findings))
    changes = []
    for rule, finding in findings.items():
        before = states.get(rule, RuleState())
        after, transitions = step(before, finding, now=moment.now, holds=HOLDS)
        if after != before or transitions:
            changes.append(Change(rule, before, after, transitions, Origin.SYSTEM, plan.version))
    settle(tx, plan, changes, now=moment.now)


def _findings(
    tx: Transaction, plan: Plan, moment: Moment, devices: int | None
) -> Iterator[tuple[RuleKey, Finding]]:
    yield key("clock"), _clock(moment, devices)
    refused = setting(tx.connection, "config_refused")
    yield key("configuration"), _configuration(moment, refused) if refused else CLEAR
    overdue = [
        job.name
        for job in jobs(tx.connection).values()
        if job.last_success is not None and moment.now - job.last_success > 2 * job.every
    ]
    yield key("timetable"), _timetable(moment, overdue) if overdue else CLEAR
    yield key("influx"), _mirror(moment, tx.connection, plan)
    yield key("database"), _rescued(moment, setting(tx.connection, RESCUED))
    for name, finding in lines.findings(tx.connection, plan.district, now=moment.now):
        yield key(name), finding
    for name, finding in source_watch.findings(tx.connection, plan.district, now=moment.now):
        yield RuleKey("system", name, source_watch.VARIABLE, TYPE, "none"), finding
    failed = faults.known(tx.connection)
    yield key("judgement"), _judgement(moment, failed) if failed else CLEAR


def _clock(moment: Moment, devices: int | None) -> Finding:
    if moment.agrees and not devices:
        return CLEAR
    return _finding(
        moment,
        Severity.I,
        zh="本机时钟不可信:与监测站或运行时间不一致;报警照常,请立即校时",
        en="this machine's clock cannot be trusted: it disagrees with the stations or with the "
        "service's own time; alerts go on, set the clock now",
    )


def _configuration(moment: Moment, refused: object) -> Finding:
    problems = refused.get("problems", []) if isinstance(refused, dict) else []
    first = str(problems[0].get("what", "")) if problems else ""
    return _finding(
        moment,
        Severity.III,
        zh=f"配置有 {len(problems)} 处错误,未采用,仍按上一版运行:{first}",
        en=f"the configuration has {len(problems)} error(s) and was not taken; the last good "
        f"version stays in force: {first}",
    )


def _timetable(moment: Moment, overdue: list[str]) -> Finding:
    names = ", ".join(overdue)
    return _finding(
        moment, Severity.III, zh=f"定时任务逾期:{names}", en=f"jobs are overdue: {names}"
    )


def _mirror(moment: Moment, connection: Connection, plan: Plan) -> Finding:
    """Nothing waits for the mirror; but it is found out before somebody looks there in vain."""
    found = mirror_place(connection) if plan.district.influx else None
    if found is None or not found.error or moment.now - found.at < BEHIND:
        return CLEAR
    minutes = (moment.now - found.at) // MINUTE
    return _finding(
        moment,
        Severity.IV,
        zh=f"InfluxDB镜像已{minutes}分钟没有写入，数据留在本机等候：{found.error}",
        en=f"nothing has been written to InfluxDB for {minutes} min; readings wait here: "
        f"{found.error}",
    )


def _rescued(moment: Moment, stored: object) -> Finding:
    """For a day after a database was put back: people must know what the service does not."""
    if not isinstance(stored, dict) or moment.now - int(stored["at"]) > DAY:
        return CLEAR
    if stored["backup"] is None:
        return _finding(
            moment,
            Severity.I,
            zh=f"{stored['why']}，且没有可用的备份：只按配置重新开始，此前的告警、应答和数据都不在，"
            "请人工核对所有测站",
            en="the database was damaged and there was no good backup: begun anew from the "
            "configuration alone; earlier alerts, answers and data are missing, check every "
            "station by hand",
        )
    minutes = (int(stored["at"]) - int(stored["backup"])) // MINUTE
    return _finding(
        moment,
        Severity.I,
        zh=f"{stored['why']}，已由{minutes}分钟前的备份恢复：此间的读数、告警和应答缺失，请人工核对",
        en=f"the database was put back from a backup {minutes} min old: readings, alerts and "
        "answers since then are missing, check by hand",
    )


def _judgement(moment: Moment, failed: Mapping[str, faults.Fault]) -> Finding:
    """Something does not work that alerts depend on: a gauge that looks calm may not be."""
    name, fault = next(iter(failed.items()))
    more = f"(+{len(failed) - 1})" if len(failed) > 1 else ""
    return _finding(
        moment,
        Severity.I,
        zh=f"程序故障,下列规则或环节失效{more}:{name};请人工盯守并联系维护:{fault.error}",
        en=f"a fault of the program: {name}{more} does not work; watch by hand and call for help: "
        f"{fault.error}",
    )


def _finding(moment: Moment, severity: Severity, *, zh: str, en: str) -> Finding:
    facts = {"zh": zh, "en": en}
    return Finding(severity, severity, time=moment.now, label=zh, facts=facts)
