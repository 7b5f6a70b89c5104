"""What is kept: the journal, the blocks, and the one face through which readings are read."""
