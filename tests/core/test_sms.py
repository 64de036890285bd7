"""In how many parts a text goes."""

from __future__ import annotations

import pytest

from sbyt.core.sms import parts


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 1),
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 306, 2),
        ("a" * 307, 3),
        ("я" * 70, 1),
        ("я" * 71, 2),
        ("я" * 134, 2),
        ("я" * 135, 3),
        ("a" * 70 + "я", 2),
        ("€" * 80, 1),
        ("€" * 81, 2),
        # An escaped letter is not split between two parts: 76 to a part of 153, not 76 and a half.
        ("€" * 152, 2),
        ("€" * 153, 3),
        # Nor is one of two units: 33 to a part of 67.
        ("😀" * 35, 1),
        ("😀" * 66, 2),
        ("😀" * 67, 3),
    ],
)
def test_a_text_goes_in_so_many_parts(text: str, count: int) -> None:
    assert parts(text) == count
