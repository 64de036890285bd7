"""The billing run: rules, runs, bills, charges."""
