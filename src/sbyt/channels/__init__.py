"""The channels, a folder each. Only config names them."""
