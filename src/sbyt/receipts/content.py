"""What a bill says on paper: ready words and figures, in the order of the sheet. This is what is kept of it."""

from __future__ import annotations

import dataclasses
import json
import zlib
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Owed:
    """The large sum: what it is, how much, until when."""

    name: str
    amount: str
    due: str


@dataclass(frozen=True, slots=True)
class Sum:
    name: str
    amount: str


@dataclass(frozen=True, slots=True)
class Price:
    """What was used at one price, in force since when."""

    volume: str
    price: str
    since: str
    amount: str


@dataclass(frozen=True, slots=True)
class Line:
    """A charge: the index it opens and closes with, and in which month each was read; what was paid at which price."""

    name: str
    basis: str
    opened: str
    since: str
    closed: str
    until: str
    volume: str
    amount: str
    prices: tuple[Price, ...]


@dataclass(frozen=True, slots=True)
class Correction:
    month: str
    name: str
    why: str
    volume: str
    amount: str


@dataclass(frozen=True, slots=True)
class Month:
    """A bar of the chart: ``volume`` in whole units, ``basis`` actual, average, norm or none."""

    name: str
    volume: int
    shown: str
    basis: str


@dataclass(frozen=True, slots=True)
class Chart:
    name: str
    unit: str
    months: tuple[Month, ...]


@dataclass(frozen=True, slots=True)
class MeterRow:
    name: str
    serial: str
    verified: str


@dataclass(frozen=True, slots=True)
class Content:
    """One bill. ``payment`` and ``service`` are the texts of the QR codes; no payment code where nothing is owed.

    ``subject`` and ``mail`` are what an e-mail says that carries it.
    """

    account: str
    holder: str
    address: str
    title: str
    owed: Owed
    nothing: str
    payment: str | None
    service: str
    code: str
    sums: tuple[Sum, ...]
    total: Sum
    lines: tuple[Line, ...]
    said: tuple[str, ...]
    corrections: tuple[Correction, ...]
    charts: tuple[Chart, ...]
    meters: tuple[MeterRow, ...]
    payee: str
    subject: str
    mail: str

    def packed(self) -> bytes:
        """For the table."""
        return zlib.compress(json.dumps(dataclasses.asdict(self), ensure_ascii=False).encode(), 9)


def unpacked(packed: bytes | memoryview) -> dict[str, Any]:
    """What was packed, as plain values."""
    found: dict[str, Any] = json.loads(zlib.decompress(packed))
    return found
