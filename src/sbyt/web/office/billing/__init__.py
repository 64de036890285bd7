"""What was billed, month by month, and who could not be."""
