"""The queue of what only people can decide."""
