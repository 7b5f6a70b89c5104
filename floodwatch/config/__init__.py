"""Reads and validates the configuration: every error at once."""

from floodwatch.config.assemble import build, load
from floodwatch.config.change import apply
from floodwatch.config.folder import documents

__all__ = ["apply", "build", "documents", "load"]
