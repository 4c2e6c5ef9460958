"""Networks of one hidden layer: linear programs and ridge functions."""
