"""Bills onto paper, by Typst: many in one document, the same bytes for the same bills."""

from __future__ import annotations

import importlib.metadata
import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import typst

from sbyt.receipts.drawing import qr_code
from sbyt.receipts.words import PACKAGED

TEMPLATE = "receipt.typ"
#: What a template may bring besides: drawings and further pieces of itself. Typst takes text only.
_TEXTS = (".typ", ".svg", ".json", ".toml", ".csv")


class UnableToSet(ValueError):
    """The template does not make a document of the bills. The text is what Typst says, and what to do."""


def version() -> str:
    """Of what sets the pages: another one may set them in other bytes."""
    return importlib.metadata.version("typst")


def pages_of(pdf: bytes) -> int:
    """How many pages a document of ours has, by the root of its tree of pages."""
    counts: list[bytes] = re.findall(rb"/Count (\d+)", pdf)
    return max(map(int, counts))


def template_files(folder: Path | None) -> dict[str, str]:
    """The template and what belongs to it, by name: the packaged one, or a company's own.

    :raises UnableToSet: if one of them can't be read.
    """
    files = {TEMPLATE: (PACKAGED / TEMPLATE).read_text(encoding="utf-8")}
    if folder is None:
        return files
    for file in sorted(folder.iterdir()):
        if file.suffix in _TEXTS and not file.name.startswith("words."):
            try:
                files[file.name] = file.read_text(encoding="utf-8")
            except (OSError, UnicodeDecodeError) as error:
                raise UnableToSet(f"{file} не прочитан: {error}. Нужен текст в UTF-8; рисунки — в SVG.") from error
    return files


def typeset(
    files: Mapping[str, str],
    edition: Mapping[str, Any],
    bills: Sequence[Mapping[str, Any]],
    fonts: Path | None = None,
    *,
    for_screen: bool = True,
) -> bytes:
    """Set bills of one edition, each beginning on a sheet of its own.

    :param files: the template and what belongs to it.
    :param bills: contents as plain values; their QR codes are drawn here.
    :param fonts: a folder with fonts; those of the machine are not used, as they differ from one to the next.
    :param for_screen: say what is a table and a heading to who has it read aloud; a print shop needs none of that.

    :returns: the PDF.

    :raises UnableToSet: if the template has a mistake.
    """
    drawn = [
        {**bill, "payment": bill["payment"] and qr_code(bill["payment"]), "service": qr_code(bill["service"])}
        for bill in bills
    ]
    data = json.dumps({"edition": edition, "bills": drawn}, ensure_ascii=False)
    texts = {"data.json": data, **{name: text for name, text in files.items() if name != TEMPLATE}}
    given = {"main.typ": files[TEMPLATE].encode(), **{name: text.encode() for name, text in texts.items()}}
    try:
        made: bytes = typst.compile(  # type: ignore[call-overload]  # its stubs don't know files by their name
            given, font_paths=[str(fonts)] if fonts else [], ignore_system_fonts=True, pdf_tags=for_screen
        )
    except typst.TypstError as error:
        raise UnableToSet(
            f"Бланк {TEMPLATE} не собрался: {error}. Исправьте его или уберите из папки квитанций."
        ) from error
    return made
