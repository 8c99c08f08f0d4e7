"""Batches: one action on many images of the caller's, with a result for each."""
