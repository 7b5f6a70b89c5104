"""Topic templates such as fw/{station}/{variable}: what to subscribe to, what they name. Pure."""

import re
from typing import NamedTuple

from floodwatch.model.errors import Refused

NAMES = ("station", "gauge", "variable", "unit")
_PLACE = re.compile(r"\{([a-z]+)\}")


class Template(NamedTuple):
    """A topic filter for the broker and the pattern that finds the names in a topic."""

    subscription: str
    pattern: re.Pattern[str]
    names: frozenset[str]

    def match(self, topic: str) -> dict[str, str] | None:
        """What the topic names; None when it is of another kind."""
        found = self.pattern.fullmatch(topic)
        return None if found is None else found.groupdict()


def template(text: str) -> Template:
    """The template that a text describes. Raises Refused saying what is wrong with it.

    A level may hold one name in braces, with or without a beginning and an end around it; `+`
    stands for any level, `#` at the end for all that follow.
    """
    if not text or len(text) > 500 or any(ord(c) < 32 for c in text) or text.startswith("$"):
        raise Refused("a topic has 1 to 500 characters and does not begin with $")
    levels = text.split("/")
    subscribed: list[str] = []
    patterns: list[str] = []
    names: set[str] = set()
    for number, level in enumerate(levels):
        if level == "#":
            if number != len(levels) - 1:
                raise Refused("# stands at the end of a topic only")
            subscribed.append("#")
            patterns.append(".*")
        elif level == "+":
            subscribed.append("+")
            patterns.append("[^/]*")
        elif "+" in level or "#" in level:
            raise Refused(f"{level!r}: + and # stand for whole levels")
        else:
            found = _level(level, names)
            subscribed.append("+" if "{" in level else level)
            patterns.append(found)
    return Template("/".join(subscribed), re.compile(_joined(patterns)), frozenset(names))


def _joined(patterns: list[str]) -> str:
    if patterns[-1] != ".*":
        return "/".join(patterns)
    head = "/".join(patterns[:-1])
    return f"{head}(?:/.*)?" if head else ".*"  # "a/#" fits "a" as well


def _level(level: str, names: set[str]) -> str:
    """The pattern of one level; the names in it are added to those known."""
    found = _PLACE.findall(level)
    if _PLACE.sub("", level).strip("{}") != _PLACE.sub("", level):
        raise Refused(f"{level!r}: a name stands in braces, such as {{station}}")
    for name in found:
        if name not in NAMES:
            raise Refused(f"{{{name}}} is not known here; use {', '.join(NAMES)}")
        if name in names:
            raise Refused(f"{{{name}}} stands twice")
        names.add(name)
    if len(found) > 1:
        raise Refused(f"{level!r}: one name a level, or nobody knows where it ends")
    head, _, tail = level.partition("{")
    if not found:
        return re.escape(level)
    return f"{re.escape(head)}(?P<{found[0]}>[^/]+){re.escape(tail.partition('}')[2])}"
