"""The whole service as its users run it: real processes, real mail, real kills."""
