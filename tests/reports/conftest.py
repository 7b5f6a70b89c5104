"""A town that has been reporting for two days."""

from pathlib import Path

import pytest

from floodwatch.model.batch import Batch
from floodwatch.model.clock import DAY, HOUR, MINUTE
from floodwatch.model.reading import RawReading
from floodwatch.store.database import Database
from tests.pipeline.town import GAUGE, RESERVOIR, START, STREET, Town

DAY_BEGINS = START - DAY  # START is 08:00 local


@pytest.fixture
def town(sqlite_database: Database, tmp_path: Path) -> Town:
    """Quiet until the small hours of the second day; then rain, a full reservoir, a wet street."""
    town = Town(sqlite_database, tmp_path / "config", at=START - 2 * DAY)
    for hour in range(48):
        at = START - 2 * DAY + (hour + 1) * HOUR
        wet = hour >= 44  # the last four hours
        stage = 94.50 + (0.25 * (hour - 43) if wet else 0.0)
        moments = range(at - HOUR + 5 * MINUTE, at + 1, 5 * MINUTE)
        town.clock.advance(HOUR)
        town.send(
            Batch(
                "test",
                (
                    *(RawReading(GAUGE, "rainfall", m, 2.0 if wet else 0.0) for m in moments),
                    RawReading(RESERVOIR, "stage", at, stage),
                    RawReading(STREET, "ponding_depth", at, 1578 - 180 * (hour == 46), unit="mm"),
                ),
            )
        )
    town.ticker.tick()
    return town
