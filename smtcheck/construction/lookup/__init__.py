"""Random tables: selectors, entries, and inputs split into digits."""
