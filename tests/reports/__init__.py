"""What is written down for people."""
