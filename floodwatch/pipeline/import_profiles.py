"""The options of an import as a profile keeps them, and what a call says over a profile."""

from collections.abc import Mapping
from dataclasses import MISSING, fields, replace
from typing import Any

from sqlalchemy import Connection

from floodwatch.model.errors import ImportRefused, Refused
from floodwatch.sources.csv.options import ImportOptions
from floodwatch.sources.csv.options import Mapping as Column
from floodwatch.store import import_profiles
from floodwatch.store.database import Transaction

OF_A_CALL = frozenset({"dry_run", "notify"})  # never kept: each call says it anew
LONGEST_NAME = 64


def document_of(options: ImportOptions) -> dict[str, Any]:
    """The options that differ from finding out, as JSON."""
    found: dict[str, Any] = {}
    for one in fields(ImportOptions):
        value = getattr(options, one.name)
        usual = one.default if one.default is not MISSING else None
        if one.name in OF_A_CALL or value == usual:
            continue
        found[one.name] = [entry._asdict() for entry in value] if one.name == "map" else value
    return found


def options_of(document: Mapping[str, Any]) -> ImportOptions:
    """The options of a profile. Raises ImportRefused for one that another version has written."""
    known = {one.name for one in fields(ImportOptions)}
    if strange := sorted(set(document) - known):
        raise ImportRefused(
            f"the profile has options this version does not know: {', '.join(strange)}; "
            "save it again"
        )
    given = dict(document)
    if "no_value" in given:
        given["no_value"] = tuple(given["no_value"])
    if "map" in given:
        given["map"] = tuple(Column(**entry) for entry in given["map"])
    return ImportOptions(**given)


def with_profile(profile: ImportOptions, said: Mapping[str, Any]) -> ImportOptions:
    """A profile with what was said beside it; whatever was not said stays the profile's."""
    return replace(profile, **said)


def load(connection: Connection, name: str) -> ImportOptions:
    """The options of a profile by its name. Raises ImportRefused when there is none."""
    found = import_profiles.get(connection, name)
    if found is None:
        known = ", ".join(p.name for p in import_profiles.all_profiles(connection)) or "none yet"
        raise ImportRefused(f"there is no import profile {name!r}; there are: {known}")
    return options_of(found.options)


def save(tx: Transaction, name: str, options: ImportOptions, *, who: str, now: int) -> None:
    """Keep options under a name. Raises Refused for a name that is none."""
    wanted = name.strip()
    if not wanted or len(wanted) > LONGEST_NAME or not wanted.isprintable():
        raise Refused(f"a profile needs a name of at most {LONGEST_NAME} characters")
    import_profiles.save(tx, wanted, document_of(options), who=who, now=now)


def remove(tx: Transaction, name: str, *, who: str, now: int) -> None:
    """Delete a profile. Raises Refused when there is none of that name."""
    if not import_profiles.remove(tx, name, who=who, now=now):
        raise Refused(f"there is no import profile {name!r}")
