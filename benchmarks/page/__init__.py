"""Benchmark P14: the page by Lighthouse's measure."""
