"""Is this a risk now: one file a rule type. Pure."""
