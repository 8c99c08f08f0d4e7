"""P11: what the handler of an upload holds in memory."""
