"""Images: taken in, kept, made into variants, described, listed and removed."""
