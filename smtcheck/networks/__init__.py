"""Quantized networks as values: matrices, layers, activations, and the files they live in."""
