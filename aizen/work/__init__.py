"""Background work of every kind: rows that say what is to be done, leases on them, and the clock that looks after both."""
