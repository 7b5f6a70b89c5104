"""The demonstration district: a storm and a year before it, computed, reported, and spoiled."""
