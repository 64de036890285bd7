"""Customers, premises, accounts, meters, and links: who may speak for an account."""
