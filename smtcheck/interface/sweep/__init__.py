"""`smtcheck sweep`: a map of verdicts over formats and activations."""
