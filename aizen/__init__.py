"""Aizen, a self-hosted image backend. Importing this package costs nothing; ``aizen.app`` builds the application."""

import gc

VERSION = "0.1.0"

# Python looks for garbage whenever there are 700 objects more: while the application is imported, which leaves none, that is an eighth of
# the start of each process, and a page of images is some thousand objects that go by themselves.
gc.set_threshold(10_000)
