"""At five in the morning of the demonstration one reservoir is blind, and the board says so."""

import pytest

from floodwatch.config.live import Configuration
from floodwatch.model.clock import HOUR
from floodwatch.sources.simulator.storm import T0
from floodwatch.store import board
from floodwatch.store.database import Database
from floodwatch.web.board_rows import Coverage, Known, coverage

FIVE = T0 + 9 * HOUR


@pytest.fixture
def covered(storm_at: dict[int, Database]) -> Coverage:
    """What is heard of at 05:00, two minutes after the demonstration has opened."""
    database = storm_at[5]
    district = Configuration(database).current()
    with database.read() as connection:
        known = Known(FIVE, board.latest(connection), {}, {}, {}, board.alerts(connection))
    return coverage(district, known)


def test_one_of_sixty_eight_points_is_not_heard_of(covered: Coverage) -> None:
    assert (covered.live, covered.total) == (67, 68)
    assert covered.silent == (("61990003", "示范石桥水库"),)
