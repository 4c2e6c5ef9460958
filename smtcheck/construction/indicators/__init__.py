"""Neurons that saturate on one side of a set: penalties, step functions, thresholds."""
