"""What is told to whom, where and when, unasked."""
