"""What an incoming text means: 收到, 1, 好, 已知, with or without the alert's number. Pure."""

import re
import unicodedata
from typing import NamedTuple

LONGEST = 40  # characters; what is longer is a letter, and people read it
# Anchored at both ends: 没收到, 收不到 and 1号泵坏了 are no answers.
_YES = re.compile(
    r"(?:好的?|行|嗯|是|本人|我|请放心|谢谢|[,.!:;~。、])*"
    r"(?P<yes>已?收到|收悉|已收悉|1|好的?|已知|已知晓|知道了?|知悉|已知悉|明白了?|回1|"
    r"ok|okay|yes|y|received|roger|got it)"
    r"(?:(?:[,.!:;~。、+#]|谢谢|了|的|马上去|立即去|马上到|请放心|警|号|\(|\)|\[|\])*)"
    r"(?:[ #-]*(?P<code>0*[0-9]{1,9}))?"
    r"[)\]〕.!。~]*",
    re.IGNORECASE,
)
_CODE = re.compile(r"(?:警)?[\[(〔#]*0*(?P<code>[0-9]{1,9})[\])〕]*")


class Reply(NamedTuple):
    """Whether it says yes; the number it names, if any. A bare number says yes to that alert."""

    yes: bool
    code: int | None = None
    bare: bool = False


NOTHING = Reply(False)


def meaning(text: str) -> Reply:
    """What the sender says; letters and figures of full width count as their narrow ones."""
    said = unicodedata.normalize("NFKC", text).replace("〔", "[").replace("〕", "]")
    said = said.replace("【", " ").replace("】", " ").strip()
    said = re.sub(r"\s+", " ", said)
    if not said or len(said) > LONGEST:
        return NOTHING
    closed = said.replace(" ", "") if not re.search(r"[a-z]", said, re.IGNORECASE) else said
    spaced = _YES.fullmatch(said)
    found = spaced or _YES.fullmatch(closed)
    if found and not (spaced is None and found["yes"] == "1" and found["code"]):
        if found["yes"] == "1" and found["code"] and not re.match(r"1[^0-9]", said):
            return Reply(True, int(said), bare=True)  # 1712 is a number, not 1 and 712
        return Reply(True, int(found["code"]) if found["code"] else None)
    if number := _CODE.fullmatch(closed):
        return Reply(True, int(number["code"]), bare=True)
    return NOTHING


def same_number(one: str, other: str) -> bool:
    """Whether two telephone numbers are one, with or without the code of the country."""
    first, second = _digits(one), _digits(other)
    return bool(first) and first == second


def _digits(number: str) -> str:
    digits = re.sub(r"[^0-9+]", "", unicodedata.normalize("NFKC", number))
    digits = digits.removeprefix("00") if digits.startswith("00") else digits
    digits = digits.lstrip("+")
    return digits.removeprefix("86") if len(digits) > 11 and digits.startswith("86") else digits
