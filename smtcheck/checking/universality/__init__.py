"""One check for each argument about universality (theory.md, sections 8 to 12)."""
