"""Compares what a play has left with what its file expects."""

from collections.abc import Callable
from typing import Any

from tests.scenarios.playing import Play

EXACT: dict[str, Callable[[Play], object]] = {
    "life": lambda play: play.seen.life(),
    "told": lambda play: play.seen.told(),
    "called": lambda play: play.seen.told("call"),
    "heard": lambda play: play.seen.told(state="accepted"),
    "tones": lambda play: play.seen.tones(),
    "open": lambda play: play.seen.open(),
    "kept": lambda play: dict(play.kept),
    "requests": lambda play: play.seen.requests(),
    "refused": lambda play: len(play.refused),
}


def differences(play: Play) -> dict[str, Any]:
    """What is otherwise than the file says: word -> (expected, found)."""
    expect = play.scenario.expect
    found: dict[str, Any] = {}
    for word, look in EXACT.items():
        if word in expect and (seen := look(play)) != expect[word]:
            found[word] = (expect[word], seen)
    states = play.seen.states()
    for party, wanted in expect.get("states", {}).items():
        if states.get(party, []) != wanted:
            found[f"states of {party}"] = (wanted, states.get(party, []))
    for person in expect.get("never", []):
        if person in play.seen.told():
            found[f"never {person}"] = play.seen.told()[person]
    for word, lines in (("texts", play.seen.texts()), ("notes", play.seen.notes())):
        for wanted in expect.get(word, []):
            person, colon, fragment = (
                wanted.rpartition(": ") if word == "texts" else ("", "", wanted)
            )
            if not any(line.startswith(person + colon) and fragment in line for line in lines):
                found[f"{word}: {wanted}"] = lines
    rest = iter(play.seen.order())
    for wanted in expect.get("order", []):
        person, _, fragment = wanted.partition(": ")
        if not any(line.startswith(person) and fragment in line for line in rest):
            found[f"order: {wanted}"] = play.seen.order()
    return found
