"""What ``benchmarks/billing.py`` is made of."""
