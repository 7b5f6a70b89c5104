"""What makers and agencies say of a value in a column beside it: good, suspect, bad, none at all.

Words that are not known say nothing: the value is then judged as one without a flag.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from floodwatch.model.quality import Flag, Reason, pack

NOTHING = 0  # a word that says nothing
NO_VALUE = -1
SUSPECT, BAD = pack(Flag.SUSPECT, Reason.MAKER), pack(Flag.FAIL, Reason.MAKER)

_GOOD = (
    "1 good ok pass passed valid a approved p provisional r revised a:e g 0 00 true yes 正常 良好"
    " 合格 有效 正确 正確"
)
_UNKNOWN = "2 not_evaluated unknown unchecked not_checked unverified 未检查 未質控 未质控"
_SUSPECT = (
    "3 suspect questionable doubtful dubious estimated e est <> < > & uncertain poor fair s q"
    " 可疑 存疑 估计 估計 插补 插補 不确定"
)
_BAD = "4 bad fail failed invalid error wrong rejected x 错误 錯誤 无效 無效 坏 不合格 异常"
_MISSING = "9 missing nodata 缺测 缺測 缺"
_COLUMNS = frozenset(
    {
        *("quality", "qc", "flag", "qualityflag", "qcflag", "qualitycode", "qualifier", "qartod"),
        *(
            "qualifiers",
            "质控码",
            "质量码",
            "质控",
            "质量",
            "质控标志",
            "质量标志",
            "質控碼",
            "品質",
        ),
        *("品质码", "数据质量"),
    }
)
_SUFFIXES = ("_cd", "_qc", "_flag", "_quality", "_qualifier", "_quality_code", "质控码", "质量码")


@dataclass(frozen=True, slots=True)
class MakerFlags:
    """The column of flags of some values, and which words mean what beside those known anywhere.

    `only`: no words but these are known.
    """

    column: int
    suspect: frozenset[str] = frozenset()
    bad: frozenset[str] = frozenset()
    no_value: frozenset[str] = frozenset()
    only: bool = False

    def quality(self, word: str) -> int:
        """The packed quality a word gives, NOTHING, or NO_VALUE."""
        word = word.strip()
        for words, meaning in (
            (self.no_value, NO_VALUE),
            (self.bad, BAD),
            (self.suspect, SUSPECT),
        ):
            if word in words:
                return meaning
        return NOTHING if self.only else meaning_of(word)


def meaning_of(word: str) -> int:
    """What a word means anywhere; several, as in "A e" or "P:<", by the worst of them."""
    parts = word.replace(":", " ").replace(",", " ").replace("[", " [").split()
    found = [_KNOWN[part.lower()] for part in parts if part.lower() in _KNOWN]
    return max(found, key=_RANK.index, default=NOTHING)


_RANK = (NOTHING, SUSPECT, BAD, NO_VALUE)
_KNOWN = {
    word: meaning
    for words, meaning in (
        (_GOOD, NOTHING),
        (_UNKNOWN, NOTHING),
        (_SUSPECT, SUSPECT),
        (_BAD, BAD),
        (_MISSING, NO_VALUE),
    )
    for word in words.split()
}


def column_of(columns: Sequence[str], value: int, taken: Iterable[int]) -> int | None:
    """The column of flags of the values in column `value`: it is called after it, or so at all."""
    name = columns[value].strip().lower()
    free = [index for index in range(len(columns)) if index not in set(taken)]
    for index in free:
        if columns[index].strip().lower() in {name + suffix for suffix in _SUFFIXES}:
            return index
    called = [index for index in free if _plain(columns[index]) in _COLUMNS]
    return called[0] if len(called) == 1 else None


def _plain(name: str) -> str:
    return name.strip().lower().replace("_", "").replace(" ", "").replace("-", "")
