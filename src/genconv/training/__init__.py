"""One run as a pure function of its keys, and all seeds of a cell in one compiled program."""
