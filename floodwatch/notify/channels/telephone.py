"""Telephone numbers that may be written to."""

import re

_NUMBER = re.compile(r"\+[1-9]\d{6,14}")


def number(address: str) -> str:
    """The number, international and without spaces; empty when it is none."""
    return address if _NUMBER.fullmatch(address) else ""
