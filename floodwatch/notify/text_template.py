"""The district's own texts: fixed words and `${field}`, and nothing that could be executed."""

import re
from collections.abc import Mapping

from floodwatch.notify.sms_text import units

FIELDS = (
    "grade", "time", "place", "value", "limit", "trend", "level", "why", "action", "before", "code",
    "answer",
)  # fmt: skip
NEEDED = ("place", "value", "limit", "action")  # must stand in the first message
KINDS = ("fired", "worsened", "reminder", "escalated")
LONGEST = 300
_FIELD = re.compile(r"\$\{([A-Za-z_]*)\}")


def unknown(template: str) -> list[str]:
    """Fields that there are not."""
    return [name for name in _FIELD.findall(template) if name not in FIELDS]


def lacking(template: str) -> list[str]:
    """What a text must say and this one does not."""
    found = _FIELD.findall(template)
    return [name for name in NEEDED if name not in found]


def own_words(template: str) -> int:
    """How many characters the fixed words take."""
    return units(_FIELD.sub("", template))


def filled(template: str, fields: Mapping[str, str]) -> str:
    """The text. Whatever is not `${field}` stands as it is written: {0.x}, {{…}} and %s too."""
    text = _FIELD.sub(lambda match: fields.get(match[1], ""), template)
    text = re.sub(
        r"([，,；;])\s*(?=[，,。；;.]|$)", "", text
    )  # an empty field leaves no stop behind
    return " ".join(text.split())
