"""[sources.sl651] of floodwatch.toml, and sl651 = { … } of a station."""

import ipaddress
import re
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from floodwatch.model.clock import DAY, MINUTE, SECOND
from floodwatch.model.fields import Duration, Table, nearest, refuse
from floodwatch.model.telemetry import Manner
from floodwatch.model.unit import UNITS
from floodwatch.model.variable import VARIABLES
from floodwatch.sources.sl651.message import Target

PORT = 5651
RELATIVE = {f"F{4 + n:X}": n for n in range(1, 9)} | {f"DRZ{n}": n for n in range(1, 9)}
_ELEMENT = re.compile(r"(?:FF)?[0-9A-F]{2}|[A-Z][A-Z0-9]{0,7}")
_TARGET = re.compile(r"(?P<variable>[a-z0-9_]+)(?:@(?P<gauge>[^:@]{1,32}))?(?::(?P<unit>.+))?")


def _network(given: object) -> str:
    try:
        ipaddress.ip_network(str(given))
    except ValueError:
        refuse(f"{given!r} is not a network", 'write it as "10.20.0.0/16" or "10.20.0.7"')
    return str(given)


def _address(given: object) -> str:
    if not isinstance(given, str) or not re.fullmatch(r"[0-9A-Fa-f]{10}", given):
        refuse(
            f"{given!r} is not a station address",
            'it has ten hexadecimal digits, such as "0061990001" for the code 61990001',
        )
    return given.upper()


def _word(given: object) -> str:
    if not isinstance(given, str) or not re.fullmatch(r"[0-9A-Fa-f]{4}", given):
        refuse(f"{given!r} is not a frame password", 'it has four hexadecimal digits: "1234"')
    return given.upper()


def _relative(given: object) -> str:
    if not isinstance(given, str) or given.upper() not in RELATIVE:
        refuse(f"{given!r} is not a relative level", nearest(str(given), RELATIVE))
    return given.upper()


def _element(given: object) -> str:
    if not isinstance(given, str) or not _ELEMENT.fullmatch(given):
        refuse(
            f"{given!r} is not an element",
            'write the lead byte as "39", a private one as "FF11", or the identifier as "Z"',
        )
    return given


def _target(given: object) -> str:
    match = _TARGET.fullmatch(given) if isinstance(given, str) else None
    if match is None:
        refuse(f"{given!r} names no gauge", 'write it as "stage", "stage@2" or "flow@1:L/s"')
    if match["variable"] not in VARIABLES and match["variable"] != "distance":
        known = nearest(match["variable"], VARIABLES)
        refuse(f"unknown variable {match['variable']!r}", known)
    if match["unit"] and match["unit"] not in UNITS:
        refuse(f"unknown unit {match['unit']!r}", nearest(match["unit"], UNITS))
    return str(given)


Network = Annotated[str, BeforeValidator(_network)]
Address = Annotated[str, BeforeValidator(_address)]
FramePassword = Annotated[str, BeforeValidator(_word)]
RelativeLevel = Annotated[str, BeforeValidator(_relative)]
ElementName = Annotated[str, BeforeValidator(_element)]
TargetText = Annotated[str, BeforeValidator(_target)]


def target_of(text: str, period: int = 0) -> Target:
    """What "stage@2:cm" names."""
    match = _TARGET.fullmatch(text)
    assert match is not None, text  # noqa: S101 - checked when the configuration was read
    return Target(match["variable"], match["gauge"] or "1", match["unit"], period)


class Sl651Table(Table):
    """[sources.sl651]: the telemetry server."""

    host: str = "0.0.0.0"  # noqa: S104 - stations come from elsewhere; `networks` says whence
    port: int = Field(PORT, ge=0, le=65535)
    udp: bool = True  # the same port, beside TCP
    centre: int | None = Field(None, ge=0, le=255)  # frames for another centre are refused
    reply: Literal["eot", "esc", "none"] = "eot"
    allow_unknown: bool = False  # answer stations that are not configured, store nothing
    networks: list[Network] = Field(default_factory=list)  # empty: from everywhere
    connections: int = Field(5000, ge=1, le=60_000)
    per_address: int = Field(200, ge=1)  # connections that have not shown a good frame yet
    first: Duration = 60 * SECOND  # until the first good frame
    idle: Duration = 15 * MINUTE
    keep_frames: Duration = 30 * DAY
    keep_pictures: Duration = 365 * DAY
    set_clock: bool = False  # of stations that are off by more than five minutes


class Sl651StationTable(Table):
    """sl651 = { … } of a station: how it departs from the standard."""

    address: Address | None = None
    hours: Literal["", "first", "report"] = ""
    base: dict[RelativeLevel, float] = Field(default_factory=dict)
    zero_missing: bool = False
    hunan: bool = False
    reply: Literal["", "eot", "esc", "none"] = ""
    frame_password: FramePassword | None = None
    elements: dict[ElementName, TargetText] = Field(default_factory=dict)

    def manner(self) -> Manner:
        """In the words of the model."""
        return Manner(
            address=self.address or "",
            hours=self.hours,
            base=dict(self.base),
            zero_missing=self.zero_missing,
            hunan=self.hunan,
            reply=self.reply,
            password=self.frame_password or "",
            elements=dict(self.elements),
        )
