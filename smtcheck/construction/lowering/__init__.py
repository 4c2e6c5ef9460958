"""Networks with free coefficients, and how they become legal weights."""
