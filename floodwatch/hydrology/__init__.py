"""Series in, derived series out. Pure."""
