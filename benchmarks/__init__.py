"""Measurements: `python -m benchmarks` prints every table."""
