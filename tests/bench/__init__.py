"""Measurements against peers: `scripts/bench`. Nothing here is run by the tests."""
