"""Measurements against other systems, one folder each; README.md says how to run them and what they gave."""
