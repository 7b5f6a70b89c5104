"""Approved templates of cloud providers: a message is a template and the pieces that fill it.

Providers in China take no free text: each kind of message has a template that they have approved,
with slots limited in number and length, and without links. What does not fit is not sent.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from pydantic import Field, model_validator

from floodwatch.model.fields import Table, refuse
from floodwatch.model.notification import Message
from floodwatch.notify.channels.plain import one_line
from floodwatch.notify.sms_text import SINGLE, units

SLOTS = ("place", "value", "limit", "action", "code")
CUT = ("place", "action")  # these may be shortened; a figure never
KINDS = (
    "fired", "worsened", "resolved", "missed", "reminder", "escalated",
    "digest", "alive", "exercise", "test",
)  # fmt: skip
ANY = "any"  # the template of every kind without its own
MOST_SLOTS = 8
_LINK = re.compile(r"https?:|www\.|[A-Za-z0-9-]+\.(?:com|cn|net|org)\b", re.IGNORECASE)
_SLOT = re.compile(r"\$\{([^}]*)\}")


class TemplateTable(Table):
    """[channels.sms_….templates.KIND]: one approved template."""

    id: str = Field(min_length=1, description='its number at the provider, such as id = "SMS_1"')
    text: str = Field(
        description="the approved text with ${place}, ${value}, ${limit}, ${action}, ${code}"
    )
    longest: int = Field(35, ge=4, le=64)  # characters of a slot

    @model_validator(mode="after")
    def _fits(self) -> "TemplateTable":
        slots = slots_of(self.text)
        for slot in slots:
            if slot not in SLOTS:
                refuse(f"the template has a slot {slot!r}", f"use one of: {', '.join(SLOTS)}")
        if len(set(slots)) != len(slots) or not slots or len(slots) > MOST_SLOTS:
            refuse("the template must have each of its slots once", "write ${place} and so on")
        if _LINK.search(self.text):
            refuse("the template has a link, which providers refuse", "leave it out")
        fixed = units(_SLOT.sub("", self.text))
        if fixed > SINGLE - 4 * len(slots):
            refuse(
                f"the template's own words take {fixed} of {SINGLE} characters",
                "shorten it: place, value, limit and action must fit the first message",
            )
        return self


class TemplatesTable(Table):
    """[channels.sms_….templates]: kinds of messages -> templates; `any` for all the others."""

    any: TemplateTable = Field(description="write [channels.….templates.any]")
    fired: TemplateTable | None = None
    worsened: TemplateTable | None = None
    resolved: TemplateTable | None = None
    missed: TemplateTable | None = None
    reminder: TemplateTable | None = None
    escalated: TemplateTable | None = None
    digest: TemplateTable | None = None
    alive: TemplateTable | None = None
    exercise: TemplateTable | None = None
    test: TemplateTable | None = None


class Filled(NamedTuple):
    """A template with its pieces in the order of its slots; `why` says what does not fit."""

    id: str
    pieces: tuple[tuple[str, str], ...] = ()
    why: str = ""


def slots_of(text: str) -> list[str]:
    """The names of a template's slots, in order."""
    return _SLOT.findall(text)


def filled(message: Message, templates: Mapping[str, Any]) -> Filled:
    """The template of the message's kind, filled from its slots."""
    template = templates.get(message.kind) or templates.get(ANY)
    if not template:
        return Filled("", why=f"there is no template for {message.kind!r} and none for {ANY!r}")
    longest = int(template.get("longest", 35))
    slots = message.slots
    pieces, wrong = [], []
    for slot in slots_of(str(template["text"])):
        piece = _LINK.sub("", one_line(str(slots.get(slot, ""))))
        if len(piece) > longest and slot in CUT:
            piece = f"…{piece[1 - longest :]}" if slot == "place" else f"{piece[: longest - 1]}…"
        if len(piece) > longest:
            wrong.append(f"{slot} has {len(piece)} characters, {longest} fit")
        pieces.append((slot, piece or "-"))  # providers refuse an empty piece
    if not any(slots.get(slot) for slot in ("place", "value")):
        wrong.append("the message has no place and no value to fill a template with")
    return Filled(str(template["id"]), tuple(pieces), "; ".join(wrong))


def shown(filled_in: Filled, text: str) -> str:
    """How the message reads on the telephone, without the signature."""
    pieces = dict(filled_in.pieces)
    return _SLOT.sub(lambda match: pieces.get(match[1], ""), text)


def kinds(templates: Mapping[str, Any]) -> Iterator[str]:
    """The kinds that have a template of their own."""
    return (kind for kind in KINDS if templates.get(kind))
