"""The search for evidence that a format is universal, or is not (theory.md, sections 7 to 12)."""
