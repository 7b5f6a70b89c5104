"""The demonstration, computed once for all its tests."""

import pytest

from floodwatch.sources.simulator.demonstration import Demonstration


@pytest.fixture(scope="session")
def demonstration() -> Demonstration:
    """Year, storm, feed; nobody may change it."""
    return Demonstration()
