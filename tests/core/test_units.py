"""An index in whole units: the smallest step of its register."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sbyt.core.units import from_units, to_units


@pytest.mark.parametrize(
    ("whole", "fraction", "decimals", "units"),
    [
        ("4435", "", 0, 4435),
        ("4435", "8", 0, 4435),
        ("4435", "999", 0, 4435),
        ("244", "", 3, 244000),
        ("244", "5", 3, 244500),
        ("244", "5009", 3, 244500),
        ("00244", "050", 3, 244050),
        ("", "5", 3, 500),
        ("0", "0", 3, 0),
    ],
)
def test_what_a_register_cannot_show_is_cut_off(whole: str, fraction: str, decimals: int, units: int) -> None:
    assert to_units(whole, fraction, decimals) == units


@pytest.mark.parametrize(
    ("units", "decimals", "written", "trimmed"),
    [
        (4435, 0, "4435", "4435"),
        (4430, 0, "4430", "4430"),
        (244500, 3, "244.500", "244.5"),
        (244000, 3, "244.000", "244"),
        (5, 3, "0.005", "0.005"),
        (-5, 3, "-0.005", "-0.005"),
        (-1500, 3, "-1.500", "-1.5"),
        (0, 3, "0.000", "0"),
    ],
)
def test_units_are_written_with_the_registers_decimals(units: int, decimals: int, written: str, trimmed: str) -> None:
    assert from_units(units, decimals) == written
    assert from_units(units, decimals, trim=True) == trimmed


@given(st.integers(0, 10**12), st.integers(0, 5), st.booleans())
def test_no_unit_is_lost_between_writing_and_reading(units: int, decimals: int, trim: bool) -> None:
    whole, _, fraction = from_units(units, decimals, trim=trim).partition(".")
    assert to_units(whole, fraction, decimals) == units
