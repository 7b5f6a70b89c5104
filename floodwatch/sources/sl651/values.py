"""Numbers of element values: BCD with its sign, the fixed groups, what means "no value"."""

SCALES: tuple[float, ...] = tuple(10.0**decimals for decimals in range(8))


def bcd_number(raw: bytes, decimals: int) -> float | None:
    """The number of BCD digits; an FF byte in front makes it negative (6.6.3.3 a).

    None means missing: all F (the standard) or all A (what some makers send). Raises ValueError
    for digits that are none.
    """
    digits = raw.hex()
    if digits.isdigit():
        return int(digits) / SCALES[decimals]
    if digits[:2] == "ff" and digits[2:].isdigit():
        return -int(digits[2:]) / SCALES[decimals]
    if not digits.strip("f") or not digits.strip("a"):
        return None
    raise ValueError(digits)


def rain_slots(raw: bytes) -> list[float | None]:
    """Rain in mm of F4: a byte each, 0.1 mm; FF is invalid."""
    return [None if byte == 0xFF else byte / 10 for byte in raw]


def level_slots(raw: bytes) -> list[float | None]:
    """Relative levels in m of F5 to FC: two bytes each, 0.01 m; FFFF is invalid."""
    words = (int.from_bytes(raw[at : at + 2]) for at in range(0, len(raw) - 1, 2))
    return [None if word == 0xFFFF else word / 100 for word in words]
