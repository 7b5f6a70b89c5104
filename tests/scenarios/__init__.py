"""Storms and droughts a duty officer can read: series in, alerts and messages out."""
