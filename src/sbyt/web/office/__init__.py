"""The office: what staff see in a browser."""
