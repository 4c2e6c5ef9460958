"""Fixed-point arithmetic: formats, rounding, overflow, and the interpretations of both.

Every formula is written once, over the protocol in `operations`, and interpreted
as Python integers, numpy arrays, intervals, bitvector terms or circuits.
"""
