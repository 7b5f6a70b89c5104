"""The files of makers: one module a dialect, each saying how it is known and how it is laid out."""
