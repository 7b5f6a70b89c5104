"""Readings from MQTT brokers: topics bound to stations, acknowledged once they are stored."""
