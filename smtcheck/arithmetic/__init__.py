"""Fixed-point arithmetic: formats, rounding, overflow, and the interpretations of both.

Every formula is written once, over the protocol in `operations`, and read as
Python integers, numpy arrays, intervals or bitvector terms.
"""
