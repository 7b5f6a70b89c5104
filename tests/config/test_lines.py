"""Every table and key of a TOML text is found on its line."""

import tomllib
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from floodwatch.config.lines import positions

TEXT = '''# a comment with [[station]] and = signs
[service]
name = "a # b"
"quoted.key" = 1

[[station]]
code = "1" # one
gauges = [
  {variable = "stage", unit = "m"},

  # between
  {variable = "rainfall",
   period = "1h"},
]
[station.persons]
patrol = ["a",
  "b"]

[[station]]
reporting.timed = "1h"
note = """
[[station]]
"""
code = '2'
day = 2026-01-01
'''


def test_keys_tables_and_elements_stand_on_their_lines() -> None:
    found = positions(TEXT)

    assert found[("service",)] == 2
    assert found[("service", "name")] == 3
    assert found[("service", "quoted.key")] == 4
    assert found[("station", 0)] == 6
    assert found[("station", 0, "gauges", 0, "unit")] == 9
    assert found[("station", 0, "gauges", 1)] == 12
    assert found[("station", 0, "gauges", 1, "period")] == 13
    assert found[("station", 0, "persons", "patrol", 1)] == 17
    assert found[("station", 1)] == 19
    assert found[("station", 1, "reporting", "timed")] == 20
    assert found[("station", 1, "code")] == 24
    assert found[("station", 1, "day")] == 25


def test_a_broken_text_is_read_as_far_as_it_goes() -> None:
    assert positions("a = 1\nb = [1, \n")[("b",)] == 2
    assert positions("a = 1\n]]]\nc = 1")[("a",)] == 1


_keys = st.from_regex(r"[a-z]{1,3}", fullmatch=True)
_values = st.recursive(
    st.one_of(
        st.integers().map(str),
        st.text("ab #[]{}=,'", max_size=6).map(lambda text: f'"{text}"'),
        st.sampled_from(["true", "2026-01-01", "1979-05-27T07:32:00Z", "-1.5e3", "'''x\ny'''"]),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda parts: "[" + ",\n ".join(parts) + "]"),
        st.dictionaries(_keys, inner, max_size=3).map(
            lambda pairs: "{" + ", ".join(f"{k} = {v}" for k, v in pairs.items()) + "}"
        ),
    ),
    max_leaves=6,
)


@given(st.lists(st.dictionaries(_keys, _values, min_size=1, max_size=4), max_size=4))
def test_every_path_of_the_data_has_a_line(tables: list[dict[str, str]]) -> None:
    bodies = ["".join(f"{key} = {value}\n" for key, value in t.items()) for t in tables]
    text = "".join(f"[[t]]\n{body}\n" for body in bodies)

    found = positions(text)

    assert {path for path in _paths(tomllib.loads(text)) if path != ("t",)} <= set(found)
    lines = text.splitlines()
    for path, line in found.items():
        if len(path) == 3:
            assert lines[line - 1].startswith(f"{path[2]} = ")


def _paths(data: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    inner = data.items() if isinstance(data, dict) else enumerate(data)
    found = []
    for key, value in inner:
        found.append((*path, key))
        if isinstance(value, dict | list):
            found += _paths(value, (*path, key))
    return found
