"""Reads a bill as people and their phones do: the text of its pages, and the codes on them."""

from __future__ import annotations

import subprocess
from pathlib import Path


def text_of(pdf: bytes, order: str = "-layout") -> str:
    """What stands on all pages, the spaces made one: line by line, or with ``-raw`` in the order it was written in."""
    run = subprocess.run(["pdftotext", order, "-", "-"], input=pdf, capture_output=True, check=True)
    text = run.stdout.decode().replace("\u00a0", " ")
    return "\n".join(" ".join(line.split()) for line in text.splitlines() if line.strip())


def codes_on(pdf: bytes, folder: Path, dots_per_inch: int = 100) -> list[bytes]:
    """What the codes of the first page say, as a scanner reads them off the paper."""
    (folder / "bill.pdf").write_bytes(pdf)
    shown = ["pdftoppm", "-r", str(dots_per_inch), "-l", "1", "-gray", "-png", "-singlefile"]
    subprocess.run([*shown, folder / "bill.pdf", folder / "page"], check=True, capture_output=True)
    read = subprocess.run(["zbarimg", "--quiet", "--raw", folder / "page.png"], capture_output=True, check=True)
    return read.stdout.splitlines()
