"""Severities I to IV, I worst, as the responsible persons know them."""

from enum import IntEnum


class Severity(IntEnum):
    """Compares by gravity: Severity.I > Severity.IV. Stored by its number."""

    IV = 1
    III = 2
    II = 3
    I = 4  # noqa: E741

    @property
    def numeral(self) -> str:
        """The typographic numeral used in texts: Ⅰ Ⅱ Ⅲ Ⅳ."""
        return {1: "Ⅳ", 2: "Ⅲ", 3: "Ⅱ", 4: "Ⅰ"}[int(self)]
