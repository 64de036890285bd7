"""A made-up town in the Komi Republic: who lives there, what they use, and what they write. Nobody in it is real."""

from sbyt.cli.demo_town.town import Guest, Town, build
from sbyt.cli.demo_town.writing import write

__all__ = ["Guest", "Town", "build", "write"]
