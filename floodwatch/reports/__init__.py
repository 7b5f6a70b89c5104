"""What is written down for people: the 08:00 report and the hand-over sheet."""
