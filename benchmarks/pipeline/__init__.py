"""P10: from an upload until all of its variants are ready, the product whole."""
