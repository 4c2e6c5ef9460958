"""Claims as clauses, and proofs that the clauses are unsatisfiable (LRAT without RAT steps)."""
