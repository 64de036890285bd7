"""The money that came in."""
