"""The seeded simulation: a small town for some days, and everything that may go wrong (docs/decisions/0018)."""
