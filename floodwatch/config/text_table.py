"""[texts] of floodwatch.toml: the district's own wording of messages, by language and kind."""

from typing import Annotated

from pydantic import BeforeValidator

from floodwatch.config.fields import Table, nearest, refuse
from floodwatch.notify import text_template
from floodwatch.notify.sms_text import SINGLE

ROOM = 20  # characters that place, value, limit and action need at the very least


def _template(given: object) -> str:
    if not isinstance(given, str) or not given.strip():
        refuse("text in quotes is wanted here", 'such as "${place}${value}，${limit}，${action}"')
    if unknown := text_template.unknown(given):
        refuse(f"there is no field {unknown[0]!r}", nearest(unknown[0], text_template.FIELDS))
    if lacking := text_template.lacking(given):
        remedy = "every text says ${place}, ${value}, ${limit} and ${action}"
        refuse(f"the text does not say {', '.join(lacking)}", remedy)
    if any(ord(letter) < 32 for letter in given):
        refuse("a text is one line", "take the line break out")
    if text_template.own_words(given) > SINGLE - ROOM:
        what = f"its own words take more than {SINGLE - ROOM} of {SINGLE} characters"
        refuse(what, "shorten it: what matters must stand on the first screen")
    return given


Template = Annotated[str, BeforeValidator(_template)]


class TextTable(Table):
    """[texts.zh], [texts.en]: kind of message -> text with ${fields}."""

    fired: Template | None = None
    worsened: Template | None = None
    reminder: Template | None = None
    escalated: Template | None = None


class TextsTable(Table):
    """[texts]"""

    zh: TextTable = TextTable()
    en: TextTable = TextTable()
