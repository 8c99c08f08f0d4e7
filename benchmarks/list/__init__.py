"""P8: a page of a list, and a search, where one owner has a million images."""
