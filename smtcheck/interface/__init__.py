"""The command line, one file a command, and the Python interface."""
