"""The version of the package, which certificates and workers name."""

__version__ = "0.1.0"
