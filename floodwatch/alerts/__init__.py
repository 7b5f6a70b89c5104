"""The life of an alert. Pure."""
