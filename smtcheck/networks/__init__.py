"""Activations, target expressions and networks, each read through the arithmetic."""
