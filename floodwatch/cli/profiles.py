"""`profiles`: the options of imports that were found right, listed and deleted."""

from contextlib import closing
from typing import Any

import click

from floodwatch.bootstrap import open_services
from floodwatch.cli.context import Call, shared
from floodwatch.cli.table import columns
from floodwatch.model.moment import iso
from floodwatch.pipeline import import_profiles
from floodwatch.store.import_profiles import Profile, all_profiles


@click.command("profiles")
@click.option("--delete", "deleted", default="", metavar="NAME", help="Delete this one.")
@click.option("--by", default="cli", show_default=True, help="Who deletes it.")
@shared
def profiles(call: Call, deleted: str, by: str) -> None:
    """List the import profiles, as kept by import --save-profile and by the page."""
    with closing(open_services(call.config, call.data)) as services:
        if deleted:
            with services.database.write() as tx:
                import_profiles.remove(tx, deleted, who=by, now=services.now())
        with services.database.read() as connection:
            found = all_profiles(connection)
    call.emit([_entry(one) for one in found], lambda: _table(found))


def _entry(one: Profile) -> dict[str, Any]:
    return {"name": one.name, "who": one.who, "at": iso(one.at), "options": one.options}


def _table(found: list[Profile]) -> str:
    rows = [(one.name, one.who, iso(one.at), _options(one.options)) for one in found]
    return columns([("name", "who", "at", "options"), *rows]) if rows else "no profiles yet"


def _options(options: dict[str, Any]) -> str:
    said = [f"{name}={value}" for name, value in options.items() if name != "map"]
    for entry in options.get("map", []):
        gauge = f"@{entry['gauge']}" if entry["gauge"] else ""
        unit = f":{entry['unit']}" if entry["unit"] else ""
        said.append(f"{entry['column']}={entry['variable']}{gauge}{unit}")
    return ", ".join(said)
