"""From a frame to what it says."""

from floodwatch.sources.sl651.frame import Frame
from floodwatch.sources.sl651.message import Dialect, Message

PLAIN = Dialect()


def decode(frame: Frame, dialect: Dialect = PLAIN) -> Message:
    """What a good frame says, as far as it can be read; never raises.

    Times are read in the dialect's zone and given in ms UTC. What is wrong within the body is in
    `problems`, and the elements before it stand. Packets of a longer message (M3) are put
    together first (packets.Assembly): a packet after the first has neither serial nor elements.
    SL 651 6.6.
    """
    raise NotImplementedError
