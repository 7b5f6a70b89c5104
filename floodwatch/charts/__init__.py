"""Series to figure. Pure."""
