"""Exact real expressions: syntax, enclosures by ball arithmetic, certified tables, compilation."""
