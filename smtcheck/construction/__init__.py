"""Networks for any function, where the format is universal (theory.md#constructing-networks)."""
