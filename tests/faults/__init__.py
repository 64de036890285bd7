"""Faults tried for real: our processes under load, killed, without their database, their disk, the right time."""
