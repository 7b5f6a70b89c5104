"""Machines outside: requests to them within limits, names looked up, secrets."""
