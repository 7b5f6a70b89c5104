"""History in text tables: what encoding, dialect, times and units a file has, and its rows."""
