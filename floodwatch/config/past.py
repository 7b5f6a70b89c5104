"""The plans of an earlier version of the configuration: an old alert keeps the plan of its day."""

from functools import lru_cache
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from floodwatch.config.dates import end_ms, start_ms
from floodwatch.config.plan_file import PlanTable, plan_of
from floodwatch.config.toml_file import TomlFile
from floodwatch.model.district import District, Plan
from floodwatch.store import config_log


def plans_of(connection: Connection, version: int, *, now: District) -> tuple[Plan, ...]:
    """The plans of that version; those of `now` when it is the same, or is not known any more."""
    found = None if version == now.version else config_log.version(connection, version)
    if found is None:
        return now.plans
    service = TomlFile("floodwatch.toml", found[1].get("floodwatch.toml", "")).data
    zone = str(service.get("service", {}).get("timezone", now.timezone))
    return _plans(found[1].get("plans.toml", ""), zone)


@lru_cache(maxsize=16)
def _plans(text: str, zone_name: str) -> tuple[Plan, ...]:
    zone = ZoneInfo(zone_name)
    return tuple(
        plan_of(
            entry.table,
            valid_from=start_ms(entry.table.valid_from, zone),
            valid_to=end_ms(entry.table.valid_to, zone),
        )
        for entry in TomlFile("plans.toml", text).entries("plan", PlanTable)
    )
