"""Images that a painter makes from a prompt."""
