"""Live ingest: 200 posts a second on the whole service, and on a server without rules."""

import random
from collections.abc import Callable
from pathlib import Path

from tests.bench.measured import percentile
from tests.bench.report import Table
from tests.bench.serving import Outcome, load_plain, load_service

SHARES = (0.5, 0.99, 0.999, 1.0)


def measure(scratch: Path, *, seconds: float, rounds: int) -> Table:
    """Both servers `rounds` times, in random order within each round."""
    works: dict[str, Callable[[], Outcome]] = {
        "floodwatch run": lambda: load_service(scratch, seconds),
        "Flask + waitress, one row a post, no rules": lambda: load_plain(scratch, seconds),
    }
    found: dict[str, list[Outcome]] = {name: [] for name in works}
    for number in range(rounds):
        for name in random.sample(list(works), len(works)):
            found[name].append(works[name]())
            print(f"  round {number + 1}: {name}: {_short(found[name][-1])}", flush=True)
    rows = [[name, *latencies(outcomes)] for name, outcomes in found.items()]
    raw = [ms for outcomes in found.values() for one in outcomes for ms in one.fdatasync_ms]
    rows.append(["append + fdatasync beside them", *_percentiles([raw])])
    return Table(
        "Live ingest",
        f"200 posts a second, open loop, 32 connections, one reading each, half of them rain with "
        f"a 24 h window, 2 % crossing; real processes, a tick every 200 ms, one event stream, mail "
        f"to a real SMTP server; each post counted from when it was due; {seconds:.0f} s, "
        f"n = {rounds}, random order; median over the runs [min–max]. "
        f"{judged(found['floodwatch run'])}",
        ["way", "p50", "p99", "p99.9", "max"],
        rows,
        goal="p99 under 50 ms; the alert committed when its 200 arrives; its mail within 2 s",
    )


def latencies(outcomes: list[Outcome]) -> list[str]:
    """p50, p99, p99.9 and the longest, each as median of the runs and their range."""
    return _percentiles([outcome.waits_ms() for outcome in outcomes])


def _percentiles(runs: list[list[float]]) -> list[str]:
    texts = []
    for share in SHARES:
        values = sorted(percentile(run, share) for run in runs)
        middle = values[len(values) // 2]
        texts.append(f"{middle:.1f} ms [{values[0]:.1f}–{values[-1]:.1f}]")
    return texts


def judged(outcomes: list[Outcome]) -> str:
    """Whether what must hold held."""
    crossings = sum(one.crossings for one in outcomes)
    uncommitted = sum(one.uncommitted for one in outcomes)
    unmailed = sum(one.unmailed for one in outcomes)
    waits = [wait for one in outcomes for wait in one.mail_waits]
    posts = sum(len(one.answers) for one in outcomes)
    faults = [fault for one in outcomes for fault in one.faults]
    mail = (
        f"mail after p50 {percentile(waits, 0.5):.2f} s, p99 {percentile(waits, 0.99):.2f} s, at "
        f"most {max(waits):.2f} s"
        if waits
        else "no mail"
    )
    wrong = f" First of {len(faults)} posts not accepted: {faults[0]}." if faults else ""
    return (
        f"{posts:,} posts, {crossings} crossings: {uncommitted} alerts not committed when the 200 "
        f"came, {unmailed} without mail; {mail}.{wrong}"
    )


def _short(outcome: Outcome) -> str:
    waits = outcome.waits_ms()
    return f"p50 {percentile(waits, 0.5):.1f} p99 {percentile(waits, 0.99):.1f} ms; " + judged(
        [outcome]
    )
