"""Puts issued bills into files: one a bill, or files for a print shop with a manifest. Stopped, it goes on."""

from __future__ import annotations

import csv
import hashlib
import io
import itertools
import json
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from sbyt.accounts.bill_choices import How, wanted
from sbyt.core.money import roubles
from sbyt.core.periods import Period
from sbyt.receipts.content import unpacked
from sbyt.receipts.documents import file_name, fonts_in
from sbyt.receipts.models import Edition, Receipt
from sbyt.receipts.setters import Setters
from sbyt.receipts.sheets import sheets_of
from sbyt.receipts.sorting import Door, walk
from sbyt.receipts.typesetting import pages_of

#: Sheets in a file for the print shop.
SHEETS = 500
PLAN, MANIFEST = "plan.json", "manifest.csv"
_AT_ONCE = 2000
_AT_HAND = 3

Progress = Callable[[int, int], None]


class UnableToWriteFiles(ValueError):
    """The files can't be written there. The text says why."""


@dataclass(frozen=True, slots=True)
class Printed:
    """A file for the print shop. ``to_pay`` is what its bills ask for, in kopecks."""

    name: str
    receipts: int
    sheets: int
    to_pay: int
    first: str
    last: str
    sha256: str


# one a bill ----------------------------------------------------------------------------------------------------------


def write_single(
    period: Period,
    folder: Path,
    own: Path | None,
    *,
    only: Collection[int] | None = None,
    processes: int = 1,
    progress: Progress = lambda _done, _of: None,
) -> tuple[int, int]:
    """Write each issued bill of a period into a PDF of its own; those that are there already are left.

    :param own: the company's folder for the bill, for its fonts.

    :returns: how many were written, and how many were there.

    :raises UnableToWriteFiles: if the folder can't be written to.
    :raises UnableToSet: if a bill can't be set.
    """
    _make(folder)
    receipts = Receipt.objects.filter(period=period, **({"account__in": list(only)} if only is not None else {}))
    total, done, written = receipts.count(), 0, 0
    editions = {edition.pk: edition for edition in Edition.objects.filter(period=period)}
    with Setters(processes, fonts_in(own), for_screen=True) as setters:
        for batch in _batches(receipts.select_related("account").order_by("account_id").iterator(_AT_ONCE)):
            missing = [one for one in batch if not (folder / file_name(one)).exists()]
            jobs = ((folder / file_name(one), editions[one.edition_id], [one]) for one in missing)
            for file, made in setters.documents(jobs):
                _write(file, made)
                written += 1
                progress(done + written, total)
            done += len(batch) - len(missing)
            progress(done + written, total)
    return written, total - written


# for the print shop --------------------------------------------------------------------------------------------------


def write_print_files(
    period: Period,
    folder: Path,
    own: Path | None,
    *,
    processes: int = 1,
    progress: Progress = lambda _done, _of: None,
) -> list[Printed]:
    """Write all issued bills that are wanted on paper into files of 500 sheets, in the order of a postman's walk.

    What goes into which file is decided once and kept in the folder: stopped, this goes on with what is missing; bills
    that were issued later come into further files. ``manifest.csv`` counts receipts, sheets and sums.

    :returns: all files of the folder.

    :raises UnableToWriteFiles: if the folder can't be written to.
    :raises UnableToSet: if a bill can't be set.
    """
    _make(folder)
    plan = _plan(period, folder)
    there = {one.name: one for one in _listed(folder)}
    names = [f"{period}-{number:04d}.pdf" for number in range(1, len(plan) + 1)]
    missing = [(name, ids) for name, ids in zip(names, plan, strict=True) if not _is_whole(folder, there.get(name))]
    done = len(plan) - len(missing)
    progress(done, len(plan))
    editions = {edition.pk: edition for edition in Edition.objects.filter(period=period)}
    # One or two small files need no process of their own.
    afresh = processes > 1 or len(missing) > _AT_HAND
    with Setters(processes, fonts_in(own), for_screen=False, afresh=afresh) as setters:
        sorted_out = ((name, _in_order(ids)) for name, ids in missing)
        jobs = (((name, bills), editions[bills[0].edition_id], bills) for name, bills in sorted_out)
        for (name, bills), made in setters.documents(jobs):
            _write(folder / name, made)
            there[name] = _printed(name, bills, made)
            _write(folder / MANIFEST, _manifest([there[one] for one in names if one in there]))
            done += 1
            progress(done, len(plan))
    return [there[name] for name in names]


def _plan(period: Period, folder: Path) -> list[list[int]]:
    """Which receipts go into which file: what was decided before, then those that came since."""
    file = folder / PLAN
    plan: list[list[int]] = json.loads(file.read_text(encoding="utf-8")) if file.exists() else []
    planned = set(itertools.chain.from_iterable(plan))
    new = [one for one in _walked(period) if one[1] not in planned]
    for _, of_edition in itertools.groupby(new, key=lambda one: one[0]):
        plan += _filled([receipt for _, receipt, _ in of_edition])
    _write(file, json.dumps(plan).encode())
    return plan


def _walked(period: Period) -> list[tuple[int, int, int]]:
    """Edition, receipt and account of what is wanted on paper: by edition, then in the order of the walk."""
    premises = ("district", "street", "house", "flat", "address")
    fields = [f"account__premises__{name}" for name in premises]
    rows = Receipt.objects.filter(period=period).order_by("account_id")
    found = []
    values = rows.values_list("edition", "id", "account", *fields, "account__number").iterator(_AT_ONCE)
    for batch in _batches(values):
        how = wanted([account for _, _, account, *_ in batch])
        found += [
            ((edition, walk(Door(*door))), receipt, account)
            for edition, receipt, account, *door in batch
            if how[account] is How.PAPER
        ]
    found.sort()
    return [(edition, receipt, account) for (edition, _), receipt, account in found]


def _filled(receipts: Sequence[int]) -> Iterator[list[int]]:
    """So many to a file that it comes to no more than its sheets; a bill of many lines takes several."""
    sheets, some = 0, list[int]()
    for batch in _batches(iter(receipts)):
        kept = dict(Receipt.objects.filter(id__in=batch).values_list("id", "content"))
        for receipt in batch:
            needs = sheets_of(unpacked(kept[receipt]))
            if some and sheets + needs > SHEETS:
                yield some
                sheets, some = 0, list[int]()
            some.append(receipt)
            sheets += needs
    if some:
        yield some


def _in_order(ids: Sequence[int]) -> list[Receipt]:
    found = {one.pk: one for one in Receipt.objects.filter(id__in=ids).select_related("account")}
    return [found[pk] for pk in ids]


def _printed(name: str, receipts: Sequence[Receipt], made: bytes) -> Printed:
    return Printed(
        name,
        len(receipts),
        (pages_of(made) + 1) // 2,
        sum(max(one.closing, 0) for one in receipts),
        receipts[0].account.number,
        receipts[-1].account.number,
        hashlib.sha256(made).hexdigest(),
    )


_COLUMNS = {
    "name": "файл",
    "receipts": "квитанций",
    "sheets": "листов",
    "to_pay": "к оплате, руб.",
    "first": "первый счёт",
    "last": "последний счёт",
    "sha256": "sha256",
}


def _manifest(files: Sequence[Printed]) -> bytes:
    """The list as a table that opens in a spreadsheet, with totals in its last row."""
    text = io.StringIO()
    rows = csv.writer(text, delimiter=";", lineterminator="\r\n")
    rows.writerow(_COLUMNS.values())
    for one in files:
        rows.writerow({**asdict(one), "to_pay": _comma(one.to_pay)}.values())
    totals = [sum(getattr(one, name) for one in files) for name in ("receipts", "sheets", "to_pay")]
    rows.writerow(["всего", *totals[:2], _comma(totals[2]), "", "", ""])
    return text.getvalue().encode("utf-8-sig")


def _listed(folder: Path) -> list[Printed]:
    """The files that the manifest has."""
    file = folder / MANIFEST
    if not file.exists():
        return []
    rows = list(csv.reader(io.StringIO(file.read_text(encoding="utf-8-sig")), delimiter=";"))[1:-1]
    return [
        Printed(name, int(receipts), int(sheets), int(to_pay.replace(",", "")), first, last, sha256)
        for name, receipts, sheets, to_pay, first, last, sha256 in rows
    ]


def _is_whole(folder: Path, listed: Printed | None) -> bool:
    file = folder / listed.name if listed else None
    return bool(listed and file and file.exists() and hashlib.sha256(file.read_bytes()).hexdigest() == listed.sha256)


def _comma(kopecks: int) -> str:
    return roubles(kopecks).replace(".", ",")


# files ---------------------------------------------------------------------------------------------------------------


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UnableToWriteFiles(
            f"Папку {folder} не создать: {error.strerror}. Назовите другую: --out ПАПКА"
        ) from error


def _write(file: Path, content: bytes) -> None:
    """Whole or not at all."""
    beside = file.with_name(f".{file.name}.part")
    try:
        beside.write_bytes(content)
        beside.replace(file)
    except OSError as error:
        raise UnableToWriteFiles(f"Файл {file} не записан: {error.strerror}. Освободите место и повторите.") from error


def _batches(rows: Iterator[Any]) -> Iterator[list[Any]]:
    while some := list(itertools.islice(rows, _AT_ONCE)):
        yield some
