"""One check for each argument about universality (theory.md#universality)."""
