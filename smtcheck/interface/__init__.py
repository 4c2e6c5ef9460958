"""What people and scripts use: the Python interface, the command line, reports."""
