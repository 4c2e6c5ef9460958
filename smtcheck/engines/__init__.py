"""What searches for answers and certificates; nothing here has to be right."""
