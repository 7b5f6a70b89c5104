"""What the words in a column of flags mean, and which column that is."""

import pytest

from floodwatch.sources.csv.maker_flags import (
    BAD,
    NO_VALUE,
    NOTHING,
    SUSPECT,
    MakerFlags,
    column_of,
    meaning_of,
)


@pytest.mark.parametrize(
    ("words", "meaning"),
    [
        (["A", "P", "1", "OK", "GOOD", "合格", "2", "", "A [91]", "whatever"], NOTHING),
        (["A e", "P:e", "3", "SUSPECT", "Estimated", "可疑"], SUSPECT),
        (["4", "Bad", "FAIL", "错误"], BAD),
        (["9", "Missing", "缺测"], NO_VALUE),
    ],
)
def test_words_are_known(words: list[str], meaning: int) -> None:
    assert [meaning_of(word) for word in words] == [meaning] * len(words)


def test_a_maker_may_have_words_of_its_own() -> None:
    flags = MakerFlags(1, suspect=frozenset({"7"}), bad=frozenset({"A"}), no_value=frozenset({"Z"}))
    assert [flags.quality(word) for word in ("7", " A ", "Z", "B")] == [SUSPECT, BAD, NO_VALUE, 0]


def test_the_column_of_flags_is_called_after_its_values_or_so_at_all() -> None:
    assert column_of(["time", "GH_Inst", "GH_Inst_cd"], 1, {0, 1}) == 2
    assert column_of(["时间", "水位", "质控码"], 1, {0, 1}) == 2
    assert column_of(["time", "value", "flag", "qc"], 1, {0, 1}) is None
    assert column_of(["time", "value", "note"], 1, {0, 1}) is None
