"""Functions as sums of boxes and ridges."""
