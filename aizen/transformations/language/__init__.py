"""The parts of the language of recipes: the one table, what its values may be, and the readers and the printer made of it. Pure."""
