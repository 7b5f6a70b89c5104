"""Is this a risk now: one file a rule type. Pure."""

from floodwatch.rules.registry import compile_rules, index

__all__ = ["compile_rules", "index"]
