"""The search for evidence that a format is universal, or is not (theory.md#universality)."""
