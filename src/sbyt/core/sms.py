"""How many parts an SMS is sent in, and is paid for (3GPP TS 23.038 for the letters, 23.040 for the parts). Pure."""

from __future__ import annotations

from collections.abc import Iterable

#: The alphabet of seven bits; whatever else a text holds, all of it is sent in sixteen.
_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
#: Two septets each.
_EXTENDED = frozenset("\f^{}\\[~]|€")

_SEPTETS = (160, 153)  # that one part holds alone, and where there are several
_UNITS = (70, 67)  # of sixteen bits


def parts(text: str) -> int:
    """In how many parts a text is sent, at least one. Russian letters make it 70 to one part, 67 to each of several."""
    if _BASIC.union(_EXTENDED).issuperset(text):
        return _packed([2 if letter in _EXTENDED else 1 for letter in text], *_SEPTETS)
    return _packed([2 if ord(letter) > 0xFFFF else 1 for letter in text], *_UNITS)


def _packed(widths: Iterable[int], alone: int, of_several: int) -> int:
    """In how many parts letters of these widths go; none is split between two."""
    needed, count, room = list(widths), 1, of_several
    if sum(needed) <= alone:
        return 1
    for width in needed:
        if width > room:
            count, room = count + 1, of_several
        room -= width
    return count
