"""Is it believable: checks named after QARTOD. Pure."""
