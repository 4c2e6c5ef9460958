"""Exact tables of the parts of a network, and the saturation lemmas that they leave out."""
