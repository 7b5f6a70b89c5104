"""Links to answer by: one person's, for a time, and nobody can make one."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from floodwatch.model.errors import Refused
from floodwatch.notify.link import Grant, opened, signed

KEY = b"k" * 32
GRANT = Grant("示范丙三", 12, 5_000)


def test_a_link_says_whose_it_is() -> None:
    assert opened(signed(GRANT, KEY), KEY, now=5_000) == GRANT


def test_a_link_ends() -> None:
    with pytest.raises(Refused, match="too old"):
        opened(signed(GRANT, KEY), KEY, now=5_001)


def test_another_key_opens_nothing() -> None:
    with pytest.raises(Refused, match="not valid"):
        opened(signed(GRANT, KEY), b"j" * 32, now=0)


def test_nobody_can_put_another_name_in() -> None:
    body, _, signature = signed(GRANT, KEY).partition(".")
    said = base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)).decode()
    forged = base64.urlsafe_b64encode(said.replace("丙三", "丙四").encode()).decode().rstrip("=")
    with pytest.raises(Refused):
        opened(f"{forged}.{signature}", KEY, now=0)


@given(st.text(max_size=60) | st.binary(max_size=40).map(lambda b: b.hex() + "." + b.hex()))
def test_whatever_is_made_up_is_refused(token: str) -> None:
    with pytest.raises(Refused):
        opened(token, KEY, now=0)


@given(st.integers(0, 200), st.characters(codec="ascii", categories=["L", "N"]))
def test_a_changed_letter_breaks_a_link(place: int, letter: str) -> None:
    token = signed(GRANT, KEY)
    place %= len(token)
    changed = token[:place] + letter + token[place + 1 :]
    if changed != token:
        with pytest.raises(Refused):
            opened(changed, KEY, now=0)
