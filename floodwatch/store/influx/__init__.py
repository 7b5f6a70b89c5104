"""InfluxDB beside the database: every reading mirrored there, and read back from there."""
