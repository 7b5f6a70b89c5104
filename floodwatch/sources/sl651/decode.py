"""From a frame to what it says."""

from floodwatch.sources.sl651.ascii_body import read_ascii_body, read_ascii_opening
from floodwatch.sources.sl651.body import read_body, read_opening
from floodwatch.sources.sl651.commands import SETTINGS, read_settings
from floodwatch.sources.sl651.draft import Draft
from floodwatch.sources.sl651.frame import Direction, Encoding, Frame
from floodwatch.sources.sl651.message import Dialect, Message

PLAIN = Dialect()
_READ = frozenset((0x41, 0x43))  # these commands name settings without a value


def decode(frame: Frame, dialect: Dialect = PLAIN) -> Message:
    """What a good frame says, as far as it can be read; never raises.

    Times are read in the dialect's zone and given in ms UTC. What is wrong within the body is in
    `problems`, and the elements before it stand. Packets of a longer message (M3) are put
    together first (packets.Assembly): a packet after the first has neither serial nor elements.
    SL 651 6.6.
    """
    draft = Draft(frame.function, frame.station, dialect)
    if frame.packet is not None and frame.packet.sequence != 1:
        draft.rest = frame.body
    elif frame.direction is Direction.DOWN:
        _read_down(draft, frame)
    elif frame.encoding is Encoding.ASCII:
        read_ascii_body(draft, frame.body)
    else:
        read_body(draft, frame.body)
    return draft.message()


def _read_down(draft: Draft, frame: Frame) -> None:
    """A reply or command of the centre: serial, time, and what a command is about."""
    if not frame.body:
        return
    opened = read_ascii_opening if frame.encoding is Encoding.ASCII else read_opening
    at = opened(draft, frame.body)
    rest = frame.body[at:]
    if rest and frame.function in SETTINGS - _READ and frame.encoding is Encoding.HEX:
        read_settings(draft, rest)
    elif rest:
        draft.rest = rest
