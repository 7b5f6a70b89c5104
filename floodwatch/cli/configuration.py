"""`check` and `init`: validate the configuration, put it in force, write a first one."""

import os
import sys
from importlib.resources import files
from pathlib import Path
from typing import Any

import click

from floodwatch import config
from floodwatch.cli.context import Call, shared
from floodwatch.model.district import District
from floodwatch.model.errors import ConfigError, Refused
from floodwatch.notify import reach


@click.command("check")
@click.option("--apply", "put_in_force", is_flag=True, help="Put it in force if it has no error.")
@shared
def check(call: Call, put_in_force: bool) -> None:
    """Validate the configuration: every error at once, with file, line, field and remedy."""
    try:
        district = config.load(call.config)
        version = _apply(call, district) if put_in_force else None
    except ConfigError as error:
        _refuse(call, error)
    warnings = _warnings(district)
    document = {
        "ok": True,
        "problems": [],
        "warnings": warnings,
        "version": version,
        "counts": _counts(district),
    }
    call.emit(document, lambda: _summary(call, district, version, warnings))


@click.command("init")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path, file_okay=False))
@shared
def init(call: Call, folder: Path) -> None:
    """Write a commented starter configuration into DIR; nothing is overwritten."""
    starter = {
        entry.name: entry.read_bytes()
        for entry in (files("floodwatch.cli") / "starter").iterdir()
        if entry.name.endswith(".toml")
    }
    there = [name for name in sorted(starter) if (folder / name).exists()]
    if there:
        raise Refused(f"{folder} already holds {', '.join(there)}; name an empty folder")
    for below in (folder, folder / "curves", folder / "map"):
        below.mkdir(parents=True, exist_ok=True)
    for name, text in sorted(starter.items()):
        (folder / name).write_bytes(text)
    document = {"folder": str(folder), "files": sorted(starter)}
    call.emit(
        document,
        f"Wrote {', '.join(sorted(starter))} into {folder}.\n"
        f"Edit them, then: floodwatch check --config {folder}",
    )


def _apply(call: Call, district: District) -> int:
    if district.demonstration:
        raise Refused("the demonstration is put in force by `floodwatch run --demo` alone")
    from floodwatch.bootstrap import open_services  # all of the service: not for validating alone

    services = open_services(call.config, call.data, create=True)
    try:
        who = f"check --apply by {os.environ.get('USER') or 'the command line'}"
        return config.apply(services.database, call.config, who=who, now=services.now())
    finally:
        services.close()


def _refuse(call: Call, error: ConfigError) -> None:
    if not call.json:
        raise error
    problems = [problem.as_dict() for problem in error.problems]
    call.emit({"ok": False, "problems": problems, "version": None}, "")
    click.echo(f"{len(problems)} error(s); nothing was changed", err=True)
    sys.exit(1)


def _counts(district: District) -> dict[str, int]:
    found: dict[str, Any] = {
        "stations": district.stations,
        "gauges": district.gauges,
        "thresholds": district.thresholds,
        "people": district.people,
        "routes": district.routes,
    }
    return {name: len(things) for name, things in found.items()}


def _warnings(district: District) -> list[str]:
    """What is allowed and leaves somebody untold."""
    if reach.reaches_nobody(district):
        return [
            "floodwatch.toml: channels: no channel reaches a person: every message ends in the log "
            "-> add [channels.smtp] or another that people have an address for"
        ]
    return [
        f"recipients.toml: person: no configured channel reaches {name} "
        "-> add an email or phone that one of the channels takes, or a channel"
        for name in reach.unreached(district)
    ]


def _summary(call: Call, district: District, version: int | None, warnings: list[str]) -> str:
    parts = ", ".join(f"{number} {name}" for name, number in _counts(district).items())
    lines = [f"{call.config}: no errors; {parts}"]
    lines += [f"warning: {warning}" for warning in warnings]
    if version is not None:
        lines.append(f"in force as version {version}")
    return "\n".join(lines)
