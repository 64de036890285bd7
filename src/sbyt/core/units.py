"""Volumes and indexes in whole units: a unit is the smallest step of a register, ``10 ** -decimals``."""

from __future__ import annotations


def to_units(whole: str, fraction: str, decimals: int) -> int:
    """Read an index from its figures before and after the comma; what a register can't show is cut off.

    ``to_units("244", "5", 3) == 244500``; electricity is billed in whole kWh, so ``to_units("4435", "8", 0) == 4435``.
    """
    return int((whole or "0") + fraction[:decimals].ljust(decimals, "0"))


def from_units(units: int, decimals: int, *, trim: bool = False) -> str:
    """Write whole units with the register's decimals; ``trim`` drops zeros at the end of the fraction.

    ``from_units(244500, 3) == "244.500"``, trimmed ``"244.5"``.
    """
    if not decimals:
        return str(units)
    sign = "-" if units < 0 else ""
    whole, fraction = divmod(abs(units), 10**decimals)
    written = f"{fraction:0{decimals}d}"
    if trim:
        written = written.rstrip("0")
    return f"{sign}{whole}.{written}" if written else f"{sign}{whole}"
