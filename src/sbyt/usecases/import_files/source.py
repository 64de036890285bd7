"""A file as it comes: which encoding and separator it has, which columns, which kind of file it is."""

from __future__ import annotations

import codecs
import csv
import difflib
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from sbyt.usecases.import_files.kinds import BY_NAME, KINDS, Kind

_CHUNK = 1 << 20
#: A header longer than this is none.
_LONGEST_HEADER = 1 << 16


class UnableToReadFile(ValueError):
    """The file can't be read as CSV at all. ``line`` is where, 0 the file as a whole."""

    def __init__(self, reason: str, line: int = 0, column: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.line = line
        self.column = column


@dataclass(frozen=True)
class Source:
    """A file on disk, and how it is called in reports."""

    path: Path
    name: str


@dataclass(frozen=True)
class Layout:
    """How a file is to be read."""

    kind: Kind
    encoding: str
    delimiter: str
    columns: tuple[str, ...]  # of the file, in its order; our names where they are known
    header_lines: int  # up to and including the header
    quotes: bool  # whether a quotation mark occurs at all
    quotes_pair: bool
    odd_blanks: bool  # whether there are tabs or no-break spaces, which take longer to trim than spaces
    notes: tuple[str, ...]

    def has(self, column: str) -> bool:
        return column in self.columns


def sources(path: Path) -> list[Source]:
    """The files that a path names: itself, or of a folder all that are called as our files are, in order.

    :raises UnableToReadFile: if there is nothing there, or a folder holds none of our files.
    """
    if not path.exists():
        raise UnableToReadFile("нет такого файла или папки")
    if not path.is_dir():
        return [Source(path, str(path))]
    named = {file.name.lower(): file for file in sorted(path.iterdir()) if file.is_file()}
    found = [named[f"{kind.name}.csv"] for kind in KINDS if f"{kind.name}.csv" in named]
    if not found:
        listed = ", ".join(f"{kind.name}.csv" for kind in KINDS)
        raise UnableToReadFile(f"в папке нет ни одного из файлов {listed}")
    return [Source(file, str(file)) for file in found]


def passed_over(folder: Path) -> list[str]:
    """The other CSV files of a folder, which are not taken: perhaps they are called differently by mistake."""
    names = sorted(file.name for file in folder.iterdir() if file.is_file())
    return [name for name in names if name.lower().endswith(".csv") and name.lower()[:-4] not in BY_NAME]


def layout(source: Source) -> Layout:
    """Look at a file: one pass over its bytes for the encoding, then its header.

    :raises UnableToReadFile: if it is empty, binary, in another encoding, or lacks a column.
    """
    try:
        encoding, quotes, odd_blanks = _encoding(source.path)
        header, line = _header(source.path, encoding)
    except OSError as error:
        raise UnableToReadFile(f"файл не читается: {error.strerror or error}") from error
    delimiter = max((";", ","), key=lambda mark: sum(name in _KNOWN_NAMES for name in _names(header, mark)))
    names = _names(header, delimiter)
    kind = _kind(source, names)
    columns, notes = _columns(kind, names, line)
    return Layout(kind, encoding, delimiter, columns, line, quotes > 0, quotes % 2 == 0, odd_blanks, notes)


_KNOWN_NAMES = {name for kind in KINDS for name in kind.names}


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            yield chunk


def _encoding(path: Path) -> tuple[str, int, bool]:
    """UTF-8 or Windows-1251, how many quotation marks there are, and whether there are tabs or no-break spaces."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    encoding = "utf-8"
    quotes = lines = size = 0
    odd_blanks = False
    for chunk in _chunks(path):
        if size == 0 and chunk.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            raise UnableToReadFile("файл в кодировке UTF-16; сохраните его как CSV в UTF-8")
        if b"\0" in chunk:
            line = lines + chunk[: chunk.index(b"\0")].count(b"\n") + 1
            raise UnableToReadFile("двоичные данные (нулевой байт); нужен текстовый файл CSV", line)
        if encoding == "utf-8":
            try:
                decoder.decode(chunk)
            except UnicodeDecodeError as error:
                encoding = _other_encoding(chunk, error.start, lines)
        if encoding == "cp1251" and b"\x98" in chunk:
            line = lines + chunk[: chunk.index(b"\x98")].count(b"\n") + 1
            raise UnableToReadFile("это ни UTF-8, ни Windows-1251; сохраните файл как CSV в UTF-8", line)
        quotes += chunk.count(b'"')
        odd_blanks = odd_blanks or b"\t" in chunk or b"\xa0" in chunk
        lines += chunk.count(b"\n")
        size += len(chunk)
    if size == 0:
        raise UnableToReadFile("файл пуст")
    return encoding, quotes, odd_blanks


def _other_encoding(chunk: bytes, at: int, lines: int) -> str:
    """Windows-1251, unless most of the text around is good UTF-8: then it is UTF-8 with a damaged place."""
    decoded = chunk.decode("utf-8", errors="replace")
    damaged = decoded.count("\ufffd")
    good = sum(1 for sign in decoded if "\u0400" <= sign <= "\u04ff")
    if good > damaged:
        raise UnableToReadFile("текст в UTF-8 повреждён", lines + chunk[: max(at, 0)].count(b"\n") + 1)
    return "cp1251"


def _header(path: Path, encoding: str) -> tuple[str, int]:
    """The first line that isn't empty, and its number."""
    with path.open("rb") as file:
        start = file.read(_LONGEST_HEADER)
    text = codecs.getincrementaldecoder(encoding)().decode(start).removeprefix("\ufeff")
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip(" \t,;"):
            return line, number
    raise UnableToReadFile("в файле нет строки заголовков")


def _names(header: str, delimiter: str) -> list[str]:
    row = next(csv.reader(io.StringIO(header), delimiter=delimiter), [])
    return [name.strip(" \t\xa0\ufeff").lower() for name in row]


def _kind(source: Source, names: Sequence[str]) -> Kind:
    """By the file's name where it is one of ours, else by the columns."""
    by_name = BY_NAME.get(source.path.stem.lower())
    if by_name:
        return by_name
    fitting = [kind for kind in KINDS if set(kind.required) <= set(names)]
    if fitting:
        # Required columns of one kind are never all those of another; the fullest match is the safe choice anyhow.
        return max(fitting, key=lambda kind: len(kind.required))
    closest = max(KINDS, key=lambda kind: len(set(kind.names) & set(names)))
    if len(set(closest.names) & set(names)) < 2:
        raise UnableToReadFile(
            "по первой строке не понять, что это за файл; нужны заголовки столбцов, например "
            + ",".join(BY_NAME["readings"].names),
            1,
        )
    return closest


def _columns(kind: Kind, names: Sequence[str], line: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
    missing = [name for name in kind.required if name not in names]
    if missing:
        raise UnableToReadFile(f"нет столбца {', '.join(missing)} (файл {kind.name})", line, missing[0])
    columns: list[str] = []
    notes: list[str] = []
    for place, name in enumerate(names, 1):
        if name in kind.names:
            if name in columns:
                raise UnableToReadFile(f"столбец {name} назван дважды", line, name)
            columns.append(name)
            continue
        absent = [known for known in kind.names if known not in names]
        # A misspelt optional column must not vanish in silence: its values would be lost.
        meant = difflib.get_close_matches(name, absent, n=1, cutoff=0.75) if name else []
        if meant:
            raise UnableToReadFile(f"неизвестный столбец {name}; имелся в виду {meant[0]}?", line, name)
        if name:
            notes.append(f"столбец {name} не используется")
        columns.append(f"unused {place}")
    return tuple(columns), tuple(notes)
