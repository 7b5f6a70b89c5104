"""Reads and validates the configuration: every error at once."""

from floodwatch.config.assemble import build, load
from floodwatch.config.folder import documents

__all__ = ["build", "documents", "load"]
