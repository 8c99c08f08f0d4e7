"""Transformations: the recipe language, its renderings, and the work that makes them later."""
