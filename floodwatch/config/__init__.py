"""Reads and validates the configuration: every error at once."""
