"""P12: the start of the one-command run, and what it holds while nothing happens."""
