"""Flood and drought defence monitoring: readings in, alerts out, until someone answers."""

__version__ = "0.1.0"
