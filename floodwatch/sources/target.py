"""What a value of a source is: "stage", "stage@2" or "flow@1:L/s"; and the names of sources."""

import re
from typing import Annotated, NamedTuple

from pydantic import BeforeValidator

from floodwatch.model.fields import nearest, refuse
from floodwatch.model.unit import UNITS
from floodwatch.model.variable import VARIABLES

_TARGET = re.compile(r"(?P<variable>[a-z0-9_]+)(?:@(?P<gauge>[^:@/]{1,32}))?(?::(?P<unit>.+))?")
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,23}")


class Target(NamedTuple):
    """Where a value goes; an empty unit is the canonical one of a variable that needs none."""

    variable: str
    gauge: str = "1"
    unit: str = ""


def target_of(text: str) -> Target:
    """What a text names that a settings table has taken."""
    match = _TARGET.fullmatch(text)
    assert match is not None, text  # noqa: S101 - checked when the settings were read
    return Target(match["variable"], match["gauge"] or "1", match["unit"] or "")


def variable_of(name: str) -> str:
    """The variable by whose units a target is read: a distance is a length, as the depth is."""
    return "ponding_depth" if name == "distance" else name


def _target(given: object) -> str:
    match = _TARGET.fullmatch(given) if isinstance(given, str) else None
    if match is None:
        refuse(f"{given!r} names no gauge", 'write it as "stage:m", "stage@2:m" or "flow:L/s"')
    name, unit = match["variable"], match["unit"]
    if name not in VARIABLES and name != "distance":
        refuse(f"unknown variable {name!r}", nearest(name, VARIABLES))
    known = VARIABLES[variable_of(name)]
    dimension = UNITS[known.unit].dimension
    fitting = [each for each, found in UNITS.items() if found.dimension == dimension]
    if not unit and not known.bare_unit:
        refuse(f"{given!r} does not say its unit", f"write one of: {', '.join(fitting)}")
    if unit and unit not in fitting:
        refuse(f"{unit!r} is not a unit of {name}", nearest(unit, fitting))
    return str(given)


def _source_name(given: object) -> str:
    if not isinstance(given, str) or not _NAME.fullmatch(given):
        refuse(
            f"{given!r} cannot be the name of a source",
            'use up to 24 small letters, digits, "-" and "_", such as name = "county"',
        )
    return given


def variable_name(source: str, kind: str, what: str) -> str:
    """The environment variable of a secret, such as FLOODWATCH_SQL_COUNTY_PASSWORD."""
    return f"FLOODWATCH_{kind}_{source}_{what}".upper().replace("-", "_")


TargetText = Annotated[str, BeforeValidator(_target)]
SourceName = Annotated[str, BeforeValidator(_source_name)]
