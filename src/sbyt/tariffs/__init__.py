"""Dated prices, tiers and norms."""
