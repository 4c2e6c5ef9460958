"""Questions, the search for their answers, and the rechecking that makes verdicts."""
