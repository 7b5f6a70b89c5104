"""The way in for every reading and the way out for every message."""
