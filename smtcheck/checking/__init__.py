"""What makes a settled verdict, and nothing else does; it imports no search."""
