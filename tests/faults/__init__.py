"""A district under storms and faults on a clock of its own, and a judge who trusts nothing."""
