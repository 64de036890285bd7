"""Readings as they came, which of them count, and the queue of those that a person must look at."""
