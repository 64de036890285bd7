"""QR codes as drawings: black modules as one path, so that they stay sharp at any size."""

from __future__ import annotations

import re
from typing import Any

import zxingcpp

_DARK = re.compile(rb"\x00+")


def qr_code(text: str) -> str:
    """A QR code (UTF-8, error correction M) as SVG, without the quiet zone: the paper around it is that.

    The bytes go in as they are: a mark of the encoding before them is what banks' programs don't expect.
    """
    made = zxingcpp.create_barcode(text.encode(), zxingcpp.BarcodeFormat.QRCode, ec_level="M")
    drawn: Any = made.to_image(scale=1, add_quiet_zones=False)  # its stubs don't know that it is a buffer
    modules = memoryview(drawn)
    side = drawn.shape[0]
    path = _path(bytes(modules), side)
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {side} {side}"><path d="{path}"/></svg>'


def _path(modules: bytes, side: int) -> str:
    """A rectangle for each run of dark modules in a row."""
    return "".join(
        f"M{run.start()} {row}h{run.end() - run.start()}v1H{run.start()}z"
        for row in range(side)
        for run in _DARK.finditer(modules[row * side : (row + 1) * side])
    )
