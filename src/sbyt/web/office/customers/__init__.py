"""Finding customers, and all of one on a screen."""
